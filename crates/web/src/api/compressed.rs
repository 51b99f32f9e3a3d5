//! Bodies that came compressed with gzip (RFC 1952): opened under the same limit as any other.

use crate::problem::{Kind, Problem};
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::bufread::GzDecoder;
use http::{HeaderMap, HeaderValue, header};
use std::io::Read;

/// Returns whether a request says that its body is compressed: by `Content-Encoding: gzip`, or by `gzip=1`
/// in its address, as Prebid.js says it to spare a preflight.
pub(crate) fn is_said(query: Option<&str>, headers: &HeaderMap) -> bool {
    let by_header = headers.get(header::CONTENT_ENCODING).is_some_and(|coding| {
        coding.to_str().is_ok_and(|coding| coding.trim().eq_ignore_ascii_case("gzip"))
    });
    let mut fields = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    by_header || fields.any(|(name, value)| name == "gzip" && value == "1")
}

/// Refuses a body that is compressed in a way which is not read there (RFC 9110, section 8.4): taken for plain, it would
/// be said not to be JSON.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    let accepted = if request.uri().path() == OPENED { "gzip" } else { "identity" };
    let codings = request.headers().get_all(header::CONTENT_ENCODING).iter();
    let mut codings = codings.map(|coding| coding.to_str().unwrap_or_default().trim());
    let is_read = |coding: &str| {
        ["identity", accepted].iter().any(|known| coding.eq_ignore_ascii_case(known))
    };
    if codings.all(is_read) {
        return next.run(request).await;
    }
    let detail = match accepted {
        "gzip" => "only `gzip` is read, or no compression",
        _ => "bodies are read without compression here",
    };
    let problem = Problem::of_field(Kind::Encoding, "Content-Encoding", detail);
    let mut response = problem.into_response();
    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
    response
}

/// Where compressed bodies are read.
const OPENED: &str = "/openrtb2/auction";

/// Opens a body that has at most `limit` bytes when it is open. Of a larger one no more than that is made.
pub(crate) fn open(packed: &[u8], limit: usize) -> Result<Bytes, Problem> {
    let broken = || Problem::new(Kind::Invalid, "the body is not gzip, or is damaged");
    let mut decoder = GzDecoder::new(packed);
    let mut open = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder.by_ref().take(most).read_to_end(&mut open).map_err(|_damaged| broken())?;
    if open.len() > limit {
        let detail = format!("the body has more than {limit} bytes when it is decompressed");
        return Err(Problem::new(Kind::TooLarge, detail));
    }
    if !decoder.into_inner().is_empty() {
        return Err(broken());
    }
    Ok(open.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_body_is_opened_up_to_its_limit() {
        assert_eq!(open(&packed(b"{}"), 2).unwrap(), Bytes::from_static(b"{}"));
        let detail = "the body has more than 2 bytes when it is decompressed";
        assert_eq!(open(&packed(b"{ }"), 2), Err(Problem::new(Kind::TooLarge, detail)));
        assert!(open(&packed(&vec![b' '; 10_000_000]), 1_000).is_err());
    }

    #[test]
    fn what_is_damaged_cut_or_followed_by_more_is_refused() {
        let whole = packed(b"{\"id\":\"r\"}");
        let mut damaged = whole.clone();
        damaged[12] ^= 1;
        let cut = whole[..whole.len() - 1].to_vec();
        let followed = [whole.as_slice(), b"x"].concat();
        for wrong in [damaged, cut, followed, Vec::new(), b"{}".to_vec()] {
            assert!(open(&wrong, 1_000).is_err());
        }
    }

    #[test]
    fn compression_is_said_by_the_header_or_in_the_address() {
        let mut headers = HeaderMap::new();
        assert!(!is_said(None, &headers));
        assert!(!is_said(Some("gzip=0&x=gzip"), &headers));
        assert!(is_said(Some("a=b&gzip=1"), &headers));
        headers.insert(header::CONTENT_ENCODING, "GZIP".parse().unwrap());
        assert!(is_said(None, &headers));
        headers.insert(header::CONTENT_ENCODING, "br".parse().unwrap());
        assert!(!is_said(None, &headers));
    }
}
