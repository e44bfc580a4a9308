//! HTML to text with block structure, before blanks are folded.
//!
//! The tree is walked without recursion, so that no nesting can exhaust the stack.

use scraper::{Html, Node};

use Break::{Blank, Cell, Line, Nothing, Space};

/// Deeper than any editor nests. The parser takes time and memory in the square of the depth, so
/// what is deeper is read without its structure.
const DEEPEST: usize = 512;

pub(super) fn to_text(source: &str) -> String {
    if nesting(source) > DEEPEST {
        return read(&flatten(source));
    }
    read(source)
}

fn read(source: &str) -> String {
    let tree = Html::parse_document(source);
    let mut writer = Writer {
        keeps_lines: usize::from(!has_tag(source)),
        ..Writer::default()
    };
    let mut node = tree.tree.root();
    loop {
        let enters = writer.open(node.value());
        if enters && let Some(child) = node.first_child() {
            node = child;
            continue;
        }
        loop {
            writer.close(node.value());
            if let Some(sibling) = node.next_sibling() {
                node = sibling;
                break;
            }
            match node.parent() {
                Some(parent) => node = parent,
                None => return writer.text,
            }
        }
    }
}

/// What has to stand between the text so far and the next character; the greatest wins.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Break {
    #[default]
    Nothing,
    Space,
    Line,
    Blank,
    /// The border of two cells, whatever blocks the cells begin and end with.
    Cell,
}

enum Kind {
    Gone,
    Newline,
    Paragraph,
    Preformatted,
    List,
    Item,
    Row,
    TableCell,
    Block,
    Inline,
}

fn kind(name: &str) -> Kind {
    match name {
        "head" | "script" | "style" | "noscript" | "template" | "svg" | "math" | "iframe"
        | "object" | "audio" | "video" | "select" => Kind::Gone,
        "br" => Kind::Newline,
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "blockquote" | "hr" | "dl" => {
            Kind::Paragraph
        }
        "pre" | "textarea" => Kind::Preformatted,
        "ul" | "ol" => Kind::List,
        "li" => Kind::Item,
        "tr" => Kind::Row,
        "td" | "th" => Kind::TableCell,
        "div" | "section" | "article" | "header" | "footer" | "main" | "aside" | "nav"
        | "address" | "figure" | "figcaption" | "details" | "summary" | "dt" | "dd" | "form"
        | "fieldset" | "legend" | "caption" | "thead" | "tbody" | "tfoot" | "center" | "body" => {
            Kind::Block
        }
        _ => Kind::Inline,
    }
}

#[derive(Default)]
struct Writer {
    text: String,
    pending: Break,
    /// Bullet or number of an item whose first character has not come yet.
    marker: Option<String>,
    /// The open lists: the number of the last item, none for bullets.
    lists: Vec<Option<usize>>,
    /// Whether the open row has a cell already.
    row_has_cells: bool,
    /// How many open elements keep the line breaks of the source.
    keeps_lines: usize,
}

impl Writer {
    /// Returns whether the node's children are to be read.
    fn open(&mut self, node: &Node) -> bool {
        match node {
            Node::Text(text) => self.push(text),
            Node::Element(element) => return self.open_element(element.name()),
            Node::Document
            | Node::Fragment
            | Node::Doctype(_)
            | Node::Comment(_)
            | Node::ProcessingInstruction(_) => {}
        }
        true
    }

    fn open_element(&mut self, name: &str) -> bool {
        match kind(name) {
            Kind::Gone => return false,
            Kind::Newline => {
                let next = if self.pending < Line { Line } else { Blank };
                self.ask(next);
            }
            Kind::Paragraph => self.ask(Blank),
            Kind::Preformatted => {
                self.ask(Blank);
                self.keeps_lines += 1;
            }
            Kind::List => {
                self.ask(if self.lists.is_empty() { Blank } else { Line });
                self.lists.push((name == "ol").then_some(0));
            }
            Kind::Item => {
                self.ask(Line);
                self.marker = Some(self.next_marker());
            }
            Kind::Row => {
                self.ask(Line);
                self.row_has_cells = false;
            }
            Kind::TableCell => {
                if self.row_has_cells {
                    self.ask(Cell);
                }
                self.row_has_cells = true;
            }
            Kind::Block => self.ask(Line),
            Kind::Inline => {}
        }
        true
    }

    fn close(&mut self, node: &Node) {
        let Node::Element(element) = node else {
            return;
        };
        match kind(element.name()) {
            Kind::Paragraph => self.ask(Blank),
            Kind::Preformatted => {
                self.ask(Blank);
                self.keeps_lines -= 1;
            }
            Kind::List => {
                self.lists.pop();
                self.ask(if self.lists.is_empty() { Blank } else { Line });
            }
            Kind::Item => {
                self.marker = None;
                self.ask(Line);
            }
            Kind::Row => {
                // A last cell without text leaves no border behind.
                self.pending = Line;
            }
            Kind::Block => self.ask(Line),
            Kind::Gone | Kind::Newline | Kind::TableCell | Kind::Inline => {}
        }
    }

    fn ask(&mut self, what: Break) {
        self.pending = self.pending.max(what);
    }

    fn next_marker(&mut self) -> String {
        match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{number}. ")
            }
            Some(None) | None => "- ".to_owned(),
        }
    }

    fn push(&mut self, text: &str) {
        for character in text.chars() {
            if self.keeps_lines > 0 && character == '\n' {
                self.text.push('\n');
            } else if character.is_ascii_whitespace() {
                self.ask(Space);
            } else {
                self.flush();
                self.text.push(character);
            }
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.text.push_str(match self.pending {
                Nothing => "",
                Space => " ",
                Line => "\n",
                Blank => "\n\n",
                Cell => " | ",
            });
        }
        self.pending = Nothing;
        if let Some(marker) = self.marker.take() {
            self.text.push_str(&marker);
        }
    }
}

/// Whether anything in the text looks like a tag.
fn has_tag(source: &str) -> bool {
    tags(source).next().is_some()
}

/// The greatest number of elements that are open at once, counted roughly from above. Elements
/// that end where the next one starts do not count.
fn nesting(source: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for tag in tags(source) {
        match tag.name.as_str() {
            "br" | "img" | "hr" | "input" | "meta" | "link" | "col" | "wbr" | "p" | "li" | "td"
            | "th" | "tr" | "dt" | "dd" | "option" | "" => {}
            _ if tag.closes => open = open.saturating_sub(1),
            _ => open += 1,
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// The same text with a line break for each block tag, and no other tags.
fn flatten(source: &str) -> String {
    let mut flat = String::with_capacity(source.len());
    let mut read_to = 0;
    let mut gone: Option<String> = None;
    for tag in tags(source) {
        if tag.start < read_to {
            continue;
        }
        if let Some(name) = &gone {
            if tag.closes && tag.name == *name {
                gone = None;
            }
            read_to = tag.end;
            continue;
        }
        flat.push_str(&source[read_to..tag.start]);
        read_to = tag.end;
        match kind(&tag.name) {
            Kind::Gone if !tag.closes => gone = Some(tag.name),
            Kind::Gone | Kind::Inline => {}
            Kind::Newline
            | Kind::Paragraph
            | Kind::Preformatted
            | Kind::List
            | Kind::Item
            | Kind::Row
            | Kind::TableCell
            | Kind::Block => flat.push_str("<br>"),
        }
    }
    if gone.is_none() {
        flat.push_str(&source[read_to..]);
    }
    flat
}

/// A tag or comment as it stands in the source.
struct Tag {
    start: usize,
    end: usize,
    /// In lower case; empty for a comment or declaration.
    name: String,
    closes: bool,
}

/// The tags of a source, found by their brackets.
fn tags(source: &str) -> impl Iterator<Item = Tag> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + source[from..].find('<')?;
            from = start + 1;
            let inner = &source[from..];
            let closes = inner.starts_with('/');
            let named = inner.strip_prefix('/').unwrap_or(inner);
            if !named.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!') {
                continue;
            }
            let ending = if inner.starts_with("!--") { "-->" } else { ">" };
            let end = match inner.find(ending) {
                Some(length) => from + length + ending.len(),
                None => source.len(),
            };
            from = end;
            let name = named
                .split(|c: char| !c.is_ascii_alphanumeric())
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            return Some(Tag {
                start,
                end,
                name,
                closes,
            });
        }
    })
}
