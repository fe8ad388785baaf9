//! The size of type, which an element takes over from those around it: a cell whose type has no size may hold a paragraph that has one.

/// More elements with a size of their own than stand inside one another in honest mail.
const MAX_OPEN: usize = 64;

/// Whether type of a size can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Unreadable,
    Readable,
}

/// The open elements that name a size, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    open: Vec<Element>,
}

#[derive(Debug)]
struct Element {
    name: String,
    size: Size,
    /// How many elements of its name are open, itself among them.
    depth: usize,
    /// How many tables and lists are open inside it: their cells and items end neither it nor one another.
    containers: usize,
}

impl Sizes {
    pub(super) fn are_unreadable(&self) -> bool {
        self.open.last().is_some_and(|element| element.size == Size::Unreadable)
    }

    pub(super) fn enter(&mut self, name: &str, size: Option<Size>) {
        if let Some(at) = self.last_of(name)
            && let Some(element) = self.open.get_mut(at)
        {
            if ends_itself(name) && element.containers == 0 {
                self.open.truncate(at);
            } else {
                element.depth += 1;
            }
        }
        if is_container(name) {
            self.open.iter_mut().for_each(|element| element.containers += 1);
        }
        if let Some(size) = size.filter(|_| self.open.len() < MAX_OPEN) {
            self.open.push(Element { name: name.to_owned(), size, depth: 1, containers: 0 });
        }
    }

    pub(super) fn leave(&mut self, name: &str) {
        if is_container(name) {
            for element in &mut self.open {
                element.containers = element.containers.saturating_sub(1);
                // Cells need not be closed: those of the table that ended are over.
                if element.containers == 0 && ends_itself(&element.name) {
                    element.depth = 1;
                }
            }
        }
        let Some(at) = self.last_of(name) else { return };
        let Some(element) = self.open.get_mut(at) else { return };
        element.depth -= 1;
        if element.depth == 0 {
            self.open.truncate(at);
        }
    }

    fn last_of(&self, name: &str) -> Option<usize> {
        self.open.iter().rposition(|element| element.name == name)
    }
}

fn is_container(name: &str) -> bool {
    matches!(name, "table" | "ul" | "ol" | "dl")
}

/// Whether an element ends where the next of its name begins.
pub(super) fn ends_itself(name: &str) -> bool {
    matches!(name, "p" | "li" | "td" | "th" | "tr" | "dd" | "dt" | "option")
}
