//! Explains the errors of a store to a user: what failed, and what to do. Stores wrap errors many times and
//! give the status of a response only as text, so the text is searched.

use super::RemoteError;
use super::address::{Address, Scheme};
use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};
use std::io::ErrorKind;

/// Converts an error of a store to one in the words that a user sees.
pub(super) fn explain(address: &Address, error: &Error) -> RemoteError {
    let chain = Chain::of(error);
    let make = |kind, message: &str| RemoteError::new(address, kind, message);
    if chain.says_one_of(NO_KEYS) {
        return make(ErrorKind::PermissionDenied, "there are no credentials for this store")
            .hint(credentials(address.scheme));
    }
    if chain.says("URL scheme is not allowed") {
        let hint = match address.scheme {
            Scheme::S3 => "set `AWS_ALLOW_HTTP=true` if the endpoint may be contacted without encryption",
            Scheme::Google => "set `GOOGLE_ALLOW_HTTP=true` if it may be contacted without encryption",
            Scheme::Azure => "set `AZURE_ALLOW_HTTP=true` if it may be contacted without encryption",
            Scheme::Web => "write `http://` if it may be contacted without encryption",
        };
        return make(ErrorKind::PermissionDenied, "plain HTTP is not allowed").hint(hint);
    }
    let status = chain.status();
    match (error, status) {
        (Error::NotFound { .. }, _) | (_, Some(404)) if chain.says("NoSuchBucket") => {
            return make(ErrorKind::NotFound, "there is no such bucket");
        }
        (Error::NotFound { .. }, _) | (_, Some(404)) => {
            return make(ErrorKind::NotFound, "there is no such object").hint("check bucket and key");
        }
        (Error::PermissionDenied { .. } | Error::Unauthenticated { .. }, _) | (_, Some(401 | 403)) => {
            let code = chain.code().map(|code| format!(" ({code})")).unwrap_or_default();
            return make(ErrorKind::PermissionDenied, &format!("permission denied{code}"))
                .hint(credentials(address.scheme));
        }
        (Error::InvalidPath { source }, _) => {
            return make(ErrorKind::InvalidInput, &format!("no store takes such a key: {source}"));
        }
        (_, Some(status @ 500..) | Some(status @ 429)) => {
            let message = format!("the server keeps failing (status {status})");
            return make(ErrorKind::Other, &message).hint("try again later");
        }
        (_, Some(416)) => {
            return make(ErrorKind::UnexpectedEof, "the object ends before the bytes that were asked for");
        }
        _ => {}
    }
    if chain.says("redirect without LOCATION") || status.is_some_and(|status| status / 100 == 3) {
        return make(ErrorKind::InvalidInput, "the server redirects elsewhere")
            .hint("the bucket may be in another region: set `AWS_REGION`");
    }
    if chain.says_one_of(&["Range request not supported", "non-partial response when range requested"]) {
        return make(ErrorKind::Unsupported, "the server does not send parts of a file")
            .hint("download the file first");
    }
    if chain.says("Content-Length") {
        return make(ErrorKind::Unsupported, "the server does not say how large the file is")
            .hint("download the file first");
    }
    if let Some(status) = status {
        let code = chain.code().map(|code| format!(" ({code})")).unwrap_or_default();
        let message = format!("the server refuses with status {status}{code}");
        let refused = make(ErrorKind::InvalidInput, &message);
        return match chain.between("<Message>", '<') {
            Some(words) => refused.hint(format!("it says: {words}")),
            None => refused,
        };
    }
    chain.transport(address).unwrap_or_else(|| make(ErrorKind::Other, chain.root()))
}

/// What the builders of clients say about missing keys, and the paths where they ask the machine for its role
/// if there are none.
const NO_KEYS: &[&str] = &[
    "Missing AccessKeyId",
    "Missing SecretAccessKey",
    "Account must be specified",
    "/latest/api/token",
    "/latest/meta-data/",
    "/computeMetadata/",
    "/metadata/identity/",
];

fn credentials(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::S3 => {
            "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or for a public bucket `AWS_SKIP_SIGNATURE=true`"
        }
        Scheme::Google => {
            "set `GOOGLE_APPLICATION_CREDENTIALS`, or for a public bucket `GOOGLE_SKIP_SIGNATURE=true`"
        }
        Scheme::Azure => "set `AZURE_STORAGE_ACCOUNT_NAME` and `AZURE_STORAGE_ACCOUNT_KEY`",
        Scheme::Web => "the server requires credentials or a signed URL",
    }
}

/// The messages of an error and of its sources, outermost first.
struct Chain {
    texts: Vec<String>,
    kind: Option<HttpErrorKind>,
}

impl Chain {
    fn of(error: &Error) -> Self {
        let mut chain = Self { texts: Vec::new(), kind: None };
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = next {
            chain.texts.push(error.to_string());
            if let Some(error) = error.downcast_ref::<HttpError>() {
                chain.kind = Some(error.kind());
            }
            next = error.source();
        }
        chain
    }

    fn says(&self, words: &str) -> bool {
        self.texts.iter().any(|text| text.contains(words))
    }

    fn says_one_of(&self, all: &[&str]) -> bool {
        all.iter().any(|words| self.says(words))
    }

    fn between(&self, before: &str, after: char) -> Option<&str> {
        let tail = self.texts.iter().find_map(|text| text.split_once(before)).map(|(_, tail)| tail)?;
        tail.split(after).next()
    }

    /// The HTTP status of the response, if there was one.
    fn status(&self) -> Option<u16> {
        self.between("status code: ", ' ')?.parse().ok()
    }

    /// The store's own error code.
    fn code(&self) -> Option<&str> {
        self.between("<Code>", '<')
    }

    /// The innermost message: the others repeat it.
    fn root(&self) -> &str {
        self.texts.last().map_or("unknown error", String::as_str)
    }

    /// The error if the request did not reach the server, or the response did not arrive.
    fn transport(&self, address: &Address) -> Option<RemoteError> {
        let kind = self.kind?;
        let make = |kind, message: String| RemoteError::new(address, kind, message);
        let hint = match address.scheme {
            Scheme::Web => "check the address, and whether this machine reaches it",
            Scheme::S3 => {
                "check `AWS_ENDPOINT` and `AWS_REGION`, and whether this machine reaches the network"
            }
            _ => "check whether this machine reaches the network",
        };
        Some(match kind {
            _ if self.says("dns error") || self.says("failed to lookup") => {
                make(ErrorKind::NotFound, "no host of that name is known".into()).hint(hint)
            }
            _ if self.says("ertificate") => {
                make(ErrorKind::InvalidData, format!("the server is not trusted: {}", self.root()))
            }
            HttpErrorKind::Timeout => {
                make(ErrorKind::TimedOut, "the server did not answer in time".into()).hint(hint)
            }
            HttpErrorKind::Connect => {
                let (timed_out, refused) = (self.says("timed out"), self.says("refused"));
                let (kind, why) = match (timed_out, refused) {
                    (true, _) => (ErrorKind::TimedOut, "the server did not answer in time"),
                    (_, true) => (ErrorKind::ConnectionRefused, "the host refused the connection"),
                    _ => (ErrorKind::NotConnected, self.root()),
                };
                make(kind, format!("cannot connect: {why}")).hint(hint)
            }
            _ => make(ErrorKind::Other, format!("the connection broke: {}", self.root())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn explained(address: &str, error: &Error) -> RemoteError {
        explain(&Address::parse(Path::new(address)).unwrap(), error)
    }

    fn generic(text: &str) -> Error {
        Error::Generic { store: "S3", source: text.into() }
    }

    #[test]
    fn the_status_and_the_code_of_an_answer_are_read_from_its_words() {
        let text = "Server returned non-2xx status code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code></Error>";
        let error = explained("s3://b/k", &generic(text));
        assert_eq!(error.to_string(), "`s3://b/k`: permission denied (SignatureDoesNotMatch)");
        assert_eq!(error.kind, ErrorKind::PermissionDenied);
        let error = explained("s3://b/k", &generic("non-2xx status code: 503 Slow Down"));
        assert_eq!(error.message, "the server keeps failing (status 503)");
        let text = "status code: 400 Bad Request: <Error><Code>Malformed</Code><Message>no, `eu-1`</Message>";
        let error = explained("s3://b/k", &generic(text));
        assert_eq!(error.message, "the server refuses with status 400 (Malformed)");
        assert_eq!(error.hint.unwrap(), "it says: no, `eu-1`");
    }

    #[test]
    fn asking_the_machine_for_its_role_in_vain_means_no_credentials() {
        let error =
            explained("s3://b/k", &generic("Error performing PUT http://169.254.169.254/latest/api/token"));
        assert_eq!(error.message, "there are no credentials for this store");
        assert!(error.hint.unwrap().contains("AWS_ACCESS_KEY_ID"));
    }

    #[test]
    fn what_is_not_known_is_said_in_the_words_of_the_innermost_error() {
        let inner = generic("the innermost");
        let outer = Error::Generic { store: "S3", source: Box::new(inner) };
        assert_eq!(explained("s3://b/k", &outer).message, "the innermost");
    }
}
