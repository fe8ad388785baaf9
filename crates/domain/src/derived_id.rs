//! Ids that are derived from what they name, so that whoever derives them again finds the same.

/// An id of a prefix and so many hexadecimal digits of a digest over workspace, mail and function; one type a kind.
macro_rules! derived_id {
    (
        $(#[$doc:meta])*
        $name:ident, $prefix:literal and $digits:literal digits of $purpose:literal, else $error:ident: $expected:literal,
        $(#[$derive_doc:meta])* derive
    ) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize, schemars::JsonSchema,
        )]
        #[serde(try_from = "String")]
        #[schemars(with = "String", extend("pattern" = concat!("^", $prefix, "[0-9a-f]{", $digits, "}$")))]
        pub struct $name(String);

        /// The text is not such an id.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error($expected)]
        pub struct $error;

        impl $name {
            $(#[$derive_doc])*
            pub fn derive(
                workspace: &$crate::WorkspaceId,
                fingerprint: &$crate::Fingerprint,
                function: $crate::Function,
            ) -> Self {
                let digest = $crate::Digest::of(&[
                    $purpose,
                    workspace.as_str().as_bytes(),
                    fingerprint.as_bytes(),
                    function.as_str().as_bytes(),
                ]);
                let hex = digest.to_string();
                Self(format!(concat!($prefix, "{}"), hex.get(..$digits).unwrap_or(&hex)))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                let hex = text.strip_prefix($prefix).ok_or($error)?;
                let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                (hex.len() == $digits && is_hex).then(|| Self(text.to_owned())).ok_or($error)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        $crate::text::serialized_as_text!($name);

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use derived_id;
