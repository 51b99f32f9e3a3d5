//! Bid requests and their answers, packed with gzip where the register says that partner and platform agreed to it.

use bytes::Bytes;
use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};
use http::{HeaderMap, header::CONTENT_ENCODING};
use sluicegate_ledger::SendError;
use std::io::{Read, Write};

/// Returns the body packed.
pub(crate) fn packed(body: &Bytes) -> Result<Bytes, SendError> {
    let mut packer = GzEncoder::new(Vec::with_capacity(body.len() / 2), Compression::fast());
    let written = packer.write_all(body).and_then(|()| packer.finish());
    written.map(Bytes::from).map_err(|_never_for_memory| SendError::Protocol)
}

/// Returns the body of an answer as it was before it was packed, of at most `bytes_max` then. Whoever did not agree
/// to packing must not pack.
pub(crate) fn unpacked(
    headers: &HeaderMap,
    body: Bytes,
    agreed: bool,
    bytes_max: usize,
) -> Result<Bytes, SendError> {
    let Some(encoding) = headers.get(CONTENT_ENCODING).filter(|_| !body.is_empty()) else {
        return Ok(body);
    };
    match encoding.as_bytes() {
        b"identity" | b"" => Ok(body),
        b"gzip" | b"x-gzip" if agreed => unpack(&body, bytes_max),
        _ => Err(SendError::Protocol),
    }
}

fn unpack(body: &[u8], bytes_max: usize) -> Result<Bytes, SendError> {
    // Why: a thousand bytes can unpack to a million; not one more than the bound is ever held.
    let bound = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let mut plain = Vec::new();
    GzDecoder::new(body)
        .take(bound)
        .read_to_end(&mut plain)
        .map_err(|_broken| SendError::Protocol)?;
    if plain.len() > bytes_max { Err(SendError::TooLarge) } else { Ok(Bytes::from(plain)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn named(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(encoding))])
    }

    #[test]
    fn what_is_packed_is_smaller_and_comes_out_again() {
        let plain = Bytes::from("{\"imp\":[]}".repeat(100));
        let small = packed(&plain).unwrap();
        assert!(small.len() < plain.len() / 4, "{}", small.len());
        assert_eq!(unpacked(&named("gzip"), small, true, 1_000), Ok(plain));
    }

    #[test]
    fn a_bomb_is_refused_at_the_bound() {
        let bomb = packed(&Bytes::from(vec![b' '; 1_001])).unwrap();
        assert!(bomb.len() < 100);
        assert_eq!(unpacked(&named("gzip"), bomb.clone(), true, 1_000), Err(SendError::TooLarge));
        assert_eq!(unpacked(&named("gzip"), bomb, true, 1_001).unwrap().len(), 1_001);
    }

    #[test]
    fn what_was_not_agreed_or_cannot_be_unpacked_is_refused() {
        let body = packed(&Bytes::from_static(b"{}")).unwrap();
        assert_eq!(unpacked(&named("gzip"), body.clone(), false, 9), Err(SendError::Protocol));
        assert_eq!(unpacked(&named("br"), body.clone(), true, 9), Err(SendError::Protocol));
        let cut = body.slice(..body.len() - 4);
        assert_eq!(unpacked(&named("gzip"), cut, true, 9), Err(SendError::Protocol));
        assert_eq!(unpacked(&HeaderMap::new(), body.clone(), true, 9), Ok(body));
        assert_eq!(unpacked(&named("gzip"), Bytes::new(), true, 9), Ok(Bytes::new()));
    }
}
