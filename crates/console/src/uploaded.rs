//! A form with a file in it, whose token comes before anything else: what a forged one sends is not even read.

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::StatusCode;
use bytes::Bytes;

use crate::complaint::Complaint;
use crate::cookie::Token;

/// What stands around a file in a form, in bytes, and more than is typed beside it.
pub(crate) const AROUND: usize = 64 << 10;

/// The fields of a form that one of our pages of this session sent.
pub(crate) struct Uploaded(Vec<Field>);

/// One of them.
pub(crate) struct Field {
    pub(crate) name: String,
    /// Of the file, as the browser calls it.
    pub(crate) file_name: String,
    pub(crate) bytes: Bytes,
}

impl Uploaded {
    /// `most` is what the route's limit lets through, for the complaint.
    pub(crate) async fn read(request: Request, most: usize) -> Result<Self, Complaint> {
        let token = Token::sent(request.headers()).ok_or(Complaint::FormFromElsewhere)?;
        let mut form = Multipart::from_request(request, &())
            .await
            .map_err(|_no_form| Complaint::BadForm("That is no form with a file"))?;
        let (mut fields, mut is_ours) = (Vec::new(), false);
        while let Some(field) = form.next_field().await.map_err(|error| unreadable(&error, most))? {
            let name = field.name().unwrap_or_default().to_owned();
            if name != "token" && !is_ours {
                return Err(Complaint::FormFromElsewhere);
            }
            let file_name = field.file_name().map(str::to_owned).unwrap_or_default();
            let bytes = field.bytes().await.map_err(|error| unreadable(&error, most))?;
            if name == "token" {
                is_ours = token.is_form_token(&String::from_utf8_lossy(&bytes));
            } else {
                fields.push(Field { name, file_name, bytes });
            }
        }
        if is_ours { Ok(Self(fields)) } else { Err(Complaint::FormFromElsewhere) }
    }

    pub(crate) fn into_fields(self) -> Vec<Field> {
        self.0
    }
}

impl Field {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

fn unreadable(error: &MultipartError, most: usize) -> Complaint {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Complaint::TooLarge { most }
    } else {
        Complaint::BadForm("The form did not come through whole")
    }
}
