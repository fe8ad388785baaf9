//! Lists: page after page, up to a bound that is said.

use domain::Mode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tracing::warn;

use crate::StripeReader;
use crate::answer::{Answer, Got, typed};
use crate::config::PAGE_SIZE;
use crate::connection::Request;
use crate::error::CallError;
use crate::marks::Marked;

/// A list as far as it was read, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// What was read.
    pub items: Vec<T>,
    /// This is all there is: no page is missing, and no object was left out because it could not be read. Whoever draws a conclusion
    /// from what is *not* in the list has to look here first.
    pub complete: bool,
}

/// A page of a list or of a search.
#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    has_more: bool,
    /// A search's own cursor.
    #[serde(rename = "next_page")]
    next: Option<String>,
}

impl StripeReader {
    /// Reads all pages of `request`, or as many as [`crate::Config::max_pages`] allows.
    pub(crate) async fn list_all<T: DeserializeOwned>(
        &self,
        mut request: Request,
    ) -> Result<Got<Listing<T>>, CallError> {
        let (connection, deadline) = (&self.connection, self.connection.deadline());
        let mut listing = Listing { items: Vec::new(), complete: true };
        request.form.set("limit", PAGE_SIZE);
        let mut pages_left = connection.config.max_pages.get();
        loop {
            let answer = self.ask(&request, deadline).await?;
            let cursor = listing.take_page(&answer, connection.mode)?;
            pages_left -= 1;
            let Some((name, value)) = cursor else { return Ok(answer.got(listing)) };
            if value.is_empty() || pages_left == 0 {
                listing.complete = false;
                return Ok(answer.got(listing));
            }
            request.form.set(name, value);
        }
    }
}

/// What asks for the page after an object.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: Value,
}

/// What asks for the next page: the name of the parameter and its value.
type Cursor = (&'static str, String);

impl Page<&RawValue> {
    /// What asks for the next page, when there is one. Taken from the bare JSON, so that an object which cannot be read does not end
    /// the list.
    fn cursor(&self) -> Option<Cursor> {
        if !self.has_more {
            return None;
        }
        if let Some(next) = &self.next {
            return Some(("page", next.clone()));
        }
        let last: Option<Named> = self.data.last().and_then(|object| typed(object.get()).ok());
        let id = last.as_ref().and_then(|named| named.id.as_str()).unwrap_or_default();
        Some(("starting_after", id.to_owned()))
    }
}

impl<T: DeserializeOwned> Listing<T> {
    /// Adds the objects of a page. Nearly every list is one page of objects that can be read, so that is tried first, in one walk over the
    /// text.
    fn take_page(&mut self, answer: &Answer, mode: Mode) -> Result<Option<Cursor>, CallError> {
        let text = answer.text()?;
        match serde_json::from_str::<Page<Marked<T>>>(text) {
            Ok(page) if !page.has_more => {
                for Marked { object, marks } in page.data {
                    answer.check_mode(&marks, mode)?;
                    self.items.push(object);
                }
                Ok(None)
            }
            Ok(_) | Err(_) => self.take_one_by_one(text, answer, mode),
        }
    }

    fn take_one_by_one(
        &mut self,
        text: &str,
        answer: &Answer,
        mode: Mode,
    ) -> Result<Option<Cursor>, CallError> {
        let page: Page<&RawValue> = typed(text).map_err(|path| answer.unreadable(path))?;
        for object in &page.data {
            self.take(object.get(), answer, mode)?;
        }
        Ok(page.cursor())
    }

    /// Adds one object. One that cannot be read is left out and said, rather than hiding all the others.
    fn take(&mut self, object: &str, answer: &Answer, mode: Mode) -> Result<(), CallError> {
        if let Ok(marks) = typed(object) {
            answer.check_mode(&marks, mode)?;
        }
        match typed(object) {
            Ok(item) => self.items.push(item),
            Err(path) => {
                let endpoint = answer.call.endpoint.template();
                let request_id = answer.call.request_id.as_ref().map(crate::RequestId::as_str);
                warn!(
                    stripe.endpoint = endpoint,
                    stripe.request_id = request_id,
                    path = path.to_string(),
                    "left out an object of a list that cannot be read"
                );
                self.complete = false;
            }
        }
        Ok(())
    }
}
