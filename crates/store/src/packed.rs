//! What is asked about many things at once, packed into two values. A statement that takes them apart again is the
//! same for any number, is prepared once, and is one way to the database's thread and back.
//!
//! ```sql
//! WITH RECURSIVE place (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?1)
//! SELECT n, substr(?2, 16 * n + 1, 16), CAST(substr(?3, 20 * n + 1, 20) AS INTEGER) FROM place
//! ```

/// Digests one after the other, and numbers one after the other.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    pub(crate) digests: Vec<u8>,
    /// As bytes: in a text a place is found by counting characters from its beginning.
    pub(crate) numbers: Vec<u8>,
}

impl Packed {
    /// Adds a digest, which takes 16 bytes.
    pub(crate) fn digest(&mut self, digest: &[u8; 16]) {
        self.digests.extend_from_slice(digest);
    }

    /// Adds a number, which takes 20 characters: the sign, and as many digits as any has.
    pub(crate) fn number(&mut self, number: i64) {
        let mut text = [b'0'; 20];
        if let Some((sign, digits)) = text.split_first_mut() {
            *sign = if number < 0 { b'-' } else { b'+' };
            let mut rest = number.unsigned_abs();
            for digit in digits.iter_mut().rev() {
                let [low, ..] = (rest % 10).to_le_bytes();
                *digit = b'0' + low;
                rest /= 10;
            }
        }
        self.numbers.extend_from_slice(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sqlite;

    #[tokio::test]
    async fn whatever_is_packed_is_taken_apart_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        let things = [([0; 16], i64::MIN), ([0xff; 16], i64::MAX), ([7; 16], 0), ([1; 16], -42)];
        let mut packed = Packed::default();
        for (digest, number) in &things {
            packed.digest(digest);
            packed.number(*number);
        }
        let rows: Vec<(Vec<u8>, i64)> = sqlx::query_as(
            "WITH RECURSIVE place (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?1)
             SELECT substr(?2, 16 * n + 1, 16), CAST(substr(?3, 20 * n + 1, 20) AS INTEGER) FROM place",
        )
        .bind(4)
        .bind(&packed.digests)
        .bind(&packed.numbers)
        .fetch_all(store.readers())
        .await
        .unwrap();
        let expected: Vec<_> = things.iter().map(|(digest, one)| (digest.to_vec(), *one)).collect();
        assert_eq!(rows, expected);
    }
}
