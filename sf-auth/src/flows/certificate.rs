//! The certificate that an app holds for a private key: how long it lasts, and whose it is.

use std::fmt;
use std::path::Path;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::Error;

/// An X.509 certificate, read for its dates and its public key. It is not verified: Salesforce
/// compares signatures with it and asks nobody who issued it.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    not_before: Timestamp,
    not_after: Timestamp,
    public_key: Vec<u8>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is none, or it cannot be read.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        parse(pem.as_bytes())
            .map_err(|reason| Error::Configuration { what: format!("the certificate {reason}") })
    }

    /// Reads the first certificate of a PEM file.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the path.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = |reason: String| Error::Configuration {
            what: format!("the certificate {} {reason}", path.display()),
        };
        let pem = std::fs::read(path).map_err(|e| failed(format!("cannot be read ({e})")))?;
        parse(&pem).map_err(failed)
    }

    /// From when on it is valid.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Until when it is valid. Afterwards the platform refuses what is signed for it.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// How long it is still valid; negative once it has ended.
    pub fn remaining(&self, now: Timestamp) -> SignedDuration {
        self.not_after.duration_since(now)
    }

    /// The public key as RFC 8017 encodes it.
    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

fn parse(pem: &[u8]) -> Result<Certificate, String> {
    let der = CertificateDer::from_pem_slice(pem).map_err(|_| {
        "cannot be parsed; expected PEM that begins with \"-----BEGIN CERTIFICATE-----\"".to_owned()
    })?;
    read(&der).ok_or_else(|| "is not an X.509 certificate".to_owned())
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// RFC 5280, section 4.1, as far as the public key.
fn read(der: &[u8]) -> Option<Certificate> {
    let (certificate, _) = expect(der, SEQUENCE)?;
    let (mut body, _) = expect(certificate, SEQUENCE)?;
    if let Some((VERSION, _, rest)) = element(body) {
        body = rest;
    }
    let (_serial, body) = expect(body, INTEGER)?;
    let (_algorithm, body) = expect(body, SEQUENCE)?;
    let (_issuer, body) = expect(body, SEQUENCE)?;
    let (validity, body) = expect(body, SEQUENCE)?;
    let (_subject, body) = expect(body, SEQUENCE)?;
    let (key_info, _) = expect(body, SEQUENCE)?;

    let (tag, text, validity) = element(validity)?;
    let not_before = time(tag, text)?;
    let (tag, text, _) = element(validity)?;
    let not_after = time(tag, text)?;
    let (_algorithm, key) = expect(key_info, SEQUENCE)?;
    let (bits, _) = expect(key, BIT_STRING)?;
    // The first byte counts the unused bits of the last, of which keys have none.
    let public_key = bits.strip_prefix(&[0])?.to_vec();
    Some(Certificate { not_before, not_after, public_key })
}

fn expect(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, contents, rest) = element(der)?;
    (found == tag).then_some((contents, rest))
}

/// One element of DER: its tag, its contents, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes.iter().try_fold(0_usize, |sum, byte| {
                sum.checked_mul(256)?.checked_add(usize::from(*byte))
            })?;
            (length, rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

/// `YYMMDDHHMMSSZ`, of the years 1950 to 2049, or `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let year: i16 = digits[..2].parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
        }
        (GENERALIZED_TIME, 14) => (digits[..4].parse().ok()?, &digits[4..]),
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let time = DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    // "No end" is written as the last second of the year 9999, which lies beyond a timestamp.
    Some(time.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let read = |tag, text: &str| time(tag, text.as_bytes()).map(|time| time.to_string());
        assert_eq!(read(UTC_TIME, "491231235959Z").unwrap(), "2049-12-31T23:59:59Z");
        assert_eq!(read(UTC_TIME, "500101000000Z").unwrap(), "1950-01-01T00:00:00Z");
        assert_eq!(read(GENERALIZED_TIME, "20500101000000Z").unwrap(), "2050-01-01T00:00:00Z");
        assert_eq!(time(GENERALIZED_TIME, b"99991231235959Z"), Some(Timestamp::MAX));
        for bad in ["", "Z", "4912312359Z", "491331000000Z", "+91231235959Z", "é1231235959Z"] {
            assert_eq!(read(UTC_TIME, bad), None, "{bad}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut state = 7_u32;
        for length in 0..400 {
            let bytes: Vec<u8> = (0..length)
                .map(|at| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if at % 3 == 0 { SEQUENCE } else { state.to_be_bytes()[0] & 0x87 }
                })
                .collect();
            let _ = read(&bytes);
        }
        assert_eq!(element(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
