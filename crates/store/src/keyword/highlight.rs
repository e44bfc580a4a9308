//! Where the words of a query stand in a text.

use std::collections::HashSet;

use super::query::KeywordQuery;

/// The places of the query's words, in characters, in order and without overlap.
///
/// The text is analysed as it was for the index, so what matched is what is marked; only words
/// that matched although they are spelled otherwise are not.
pub(crate) fn highlights(query: &KeywordQuery, text: &str) -> Vec<(usize, usize)> {
    let forms = &query.forms;
    let spoken = query.terms.iter().map(|term| term.text.as_str());
    let spoken = spoken.filter(|word| !forms.is_silent(word));
    let wanted: HashSet<&str> = spoken
        .flat_map(|word| forms.of_word(word).into_iter().chain([word]))
        .collect();
    let mut places: Vec<(usize, usize)> = forms
        .tokens(text)
        .into_iter()
        .filter(|token| wanted.contains(token.text.as_str()))
        .map(|token| (token.offset_from, token.offset_to))
        .collect();
    places.sort_unstable();
    in_characters(text, &joined(places))
}

fn joined(places: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let mut joined: Vec<(usize, usize)> = Vec::with_capacity(places.len());
    for (from, to) in places {
        match joined.last_mut() {
            Some((_, end)) if from < *end => *end = to.max(*end),
            Some(_) | None => joined.push((from, to)),
        }
    }
    joined
}

/// From bytes to characters, for places in order.
fn in_characters(text: &str, places: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let (mut bytes, mut characters) = (0, 0);
    let mut count_to = |byte: usize| {
        characters += text[bytes..byte].chars().count();
        bytes = byte;
        characters
    };
    places
        .iter()
        .map(|(from, to)| (count_to(*from), count_to(*to)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(query: &str, text: &str) -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        highlights(&KeywordQuery::parse(query), text)
            .into_iter()
            .map(|(from, to)| characters[from..to].iter().collect())
            .collect()
    }

    #[test]
    fn matched_words_are_marked_as_written() {
        assert_eq!(
            marked("resetting pump", "Zurück: Reset the PUMPS now"),
            ["Reset", "PUMPS"]
        );
        assert_eq!(
            marked("cafe ERR-1042", "日本 Café: ERR-1042!"),
            ["Café", "ERR-1042"]
        );
        assert!(marked("the", "").is_empty());
    }
}
