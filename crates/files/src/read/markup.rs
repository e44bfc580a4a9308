//! XML as a stream of tokens.
//!
//! Nothing recurses, nothing is fetched, and no entity is expanded but the five of XML itself and
//! characters by number: an entity that a document defines is dropped.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::Error;

pub(super) enum Token<'a> {
    Open(Tag<'a>),
    /// By its local name.
    Close(Cow<'a, str>),
    Text(Cow<'a, str>),
    End,
}

/// An opening tag. An empty element opens and closes.
pub(super) struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// Without the prefix.
    pub fn name(&self) -> String {
        self.0.local_name().as_ref().to_owned()
    }

    /// By its name with the prefix that everybody uses: `r:id` and `id` differ.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let attribute = self.0.try_get_attribute(name).ok().flatten()?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
        Some(value.ok()?.into_owned())
    }
}

pub(super) struct Markup<'a> {
    reader: Reader<&'a [u8]>,
}

impl<'a> Markup<'a> {
    pub fn new(xml: &'a str) -> Self {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().expand_empty_elements = true;
        Self { reader }
    }

    pub fn next(&mut self) -> Result<Token<'a>, Error> {
        loop {
            return Ok(match self.reader.read_event().map_err(Error::damaged)? {
                Event::Start(tag) | Event::Empty(tag) => Token::Open(Tag(tag)),
                Event::End(tag) => Token::Close(Cow::Owned(tag.local_name().as_ref().to_owned())),
                Event::Text(text) => Token::Text(text.xml10_content()),
                Event::CData(text) => Token::Text(text.xml10_content()),
                Event::GeneralRef(entity) => match resolve(&entity) {
                    Some(text) => Token::Text(text),
                    None => continue,
                },
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
                Event::Eof => Token::End,
            });
        }
    }

    /// Passes over the rest of the element that was opened last. Returns whether there was an
    /// element of this name in it.
    pub fn skip_looking_for(&mut self, wanted: &str) -> Result<bool, Error> {
        let mut depth = 1_u64;
        let mut found = false;
        while depth > 0 {
            match self.next()? {
                Token::Open(tag) => {
                    depth += 1;
                    found |= tag.0.local_name().as_ref() == wanted;
                }
                Token::Close(_) => depth -= 1,
                Token::Text(_) => {}
                Token::End => return Err(Error::damaged("its XML ends too early")),
            }
        }
        Ok(found)
    }

    /// Passes over the rest of the element that was opened last.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.skip_looking_for("").map(|_| ())
    }
}

fn resolve<'a>(entity: &BytesRef<'a>) -> Option<Cow<'a, str>> {
    if entity.is_char_ref() {
        let character = entity.resolve_char_ref().ok().flatten()?;
        return Some(Cow::Owned(character.to_string()));
    }
    resolve_xml_entity(entity).map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(xml: &str) -> String {
        let mut markup = Markup::new(xml);
        let mut text = String::new();
        loop {
            match markup.next().expect("well formed") {
                Token::Text(part) => text.push_str(&part),
                Token::End => return text,
                Token::Open(_) | Token::Close(_) => {}
            }
        }
    }

    #[test]
    fn entities() {
        assert_eq!(
            text("<a>1 &lt; 2 &amp; &#228;&#xdf;<![CDATA[<b>]]></a>"),
            "1 < 2 & äß<b>"
        );
        let own = "<!DOCTYPE a [<!ENTITY b 'bomb'>]><a>x&b;y</a>";
        assert_eq!(text(own), "xy");
    }

    #[test]
    fn attributes_by_their_whole_name() {
        let mut markup = Markup::new(r#"<p:s id="256" r:id="rId2"/>"#);
        let Ok(Token::Open(tag)) = markup.next() else {
            panic!("a tag");
        };
        assert_eq!(tag.name(), "s");
        assert_eq!(tag.attribute("r:id").as_deref(), Some("rId2"));
        assert_eq!(tag.attribute("id").as_deref(), Some("256"));
    }
}
