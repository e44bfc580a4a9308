//! What the place where text goes can show: decided once, when the program starts.

use std::io::IsTerminal;

use clap::ColorChoice;
use console::{Style, Term};
use supports_hyperlinks::Stream;

/// The widest lines that are easy to read.
const WIDEST: usize = 100;
/// With fewer columns the text is laid out as if there were so many.
const NARROWEST: usize = 30;

/// Columns, colours and links of standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns; none where lines can have any length.
    pub width: Option<usize>,
    pub colours: bool,
    /// Whether a word can carry an address.
    pub links: bool,
}

impl Look {
    /// Of a file, a pipe or another program.
    pub const PLAIN: Self = Self {
        width: None,
        colours: false,
        links: false,
    };

    pub fn of_stdout() -> Self {
        let term = Term::stdout();
        let size = term.is_term().then(|| term.size_checked()).flatten();
        let colours = console::colors_enabled();
        Self {
            width: size.map(|(_, columns)| usize::from(columns)),
            colours,
            links: colours && supports_hyperlinks::on(Stream::Stdout),
        }
    }

    /// Columns for running text.
    pub fn measure(self) -> Option<usize> {
        self.width.map(|width| width.clamp(NARROWEST, WIDEST))
    }

    /// A style that does nothing where there are no colours.
    pub fn style(self) -> Style {
        Style::new().force_styling(self.colours)
    }
}

/// Decides about colours for the whole program, by `--color` and by the variables that people set for
/// every program: `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`, `TERM`.
pub fn decide(choice: ColorChoice) {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    console::set_colors_enabled(colours(choice, stdout.is_terminal(), variable));
    console::set_colors_enabled_stderr(colours(choice, stderr.is_terminal(), variable));
}

fn colours(
    choice: ColorChoice,
    is_terminal: bool,
    variable: impl Fn(&str) -> Option<String>,
) -> bool {
    let is = |name: &str, value: &str| variable(name).is_some_and(|set| set == value);
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if variable("NO_COLOR").is_some() => false,
        ColorChoice::Auto if variable("CLICOLOR_FORCE").is_some_and(|set| set != "0") => true,
        ColorChoice::Auto => is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_colours_gets_them_and_pipes_do_not() {
        let with = |choice, is_terminal, set: &[(&str, &str)]| {
            colours(choice, is_terminal, |name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let auto = ColorChoice::Auto;
        assert!(with(auto, true, &[]) && !with(auto, false, &[]));
        assert!(with(ColorChoice::Always, false, &[("NO_COLOR", "1")]));
        assert!(!with(ColorChoice::Never, true, &[("CLICOLOR_FORCE", "1")]));
        assert!(with(auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!with(auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!with(
            auto,
            true,
            &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]
        ));
        assert!(!with(auto, true, &[("CLICOLOR", "0")]));
        assert!(!with(auto, true, &[("TERM", "dumb")]));
    }

    #[test]
    fn running_text_is_neither_too_wide_nor_too_narrow() {
        let of = |width| {
            Look {
                width,
                ..Look::PLAIN
            }
            .measure()
        };
        assert_eq!((of(None), of(Some(80))), (None, Some(80)));
        assert_eq!(
            (of(Some(240)), of(Some(5))),
            (Some(WIDEST), Some(NARROWEST))
        );
    }
}
