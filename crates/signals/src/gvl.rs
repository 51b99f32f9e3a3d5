//! The Global Vendor List, as a file (format version 3).

use crate::Ids;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a vendor has declared, as far as legal bases depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vendor {
    /// The vendor's id.
    pub id: u16,
    /// Purposes that rest on consent (`purposes`).
    pub consent: Ids,
    /// Purposes that rest on legitimate interest (`legIntPurposes`).
    pub legitimate_interest: Ids,
    /// Purposes for which a publisher may ask for the other basis (`flexiblePurposes`).
    pub flexible: Ids,
    /// Special features (`specialFeatures`).
    pub special_features: Ids,
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorList {
    /// `vendorListVersion`.
    pub version: u16,
    /// `tcfPolicyVersion`.
    pub policy_version: u8,
    vendors: BTreeMap<u16, Vendor>,
}

/// The file is not a vendor list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VendorListError {
    /// It is not JSON of this shape.
    #[error("not a vendor list: {0}")]
    Shape(String),
    /// `gvlSpecificationVersion` is not 3.
    #[error("`gvlSpecificationVersion` must be 3")]
    Version,
    /// An id is out of range, or a key and its vendor disagree.
    #[error("`vendors.{vendor}.{field}` is out of range")]
    Vendor {
        /// The key under `vendors`.
        vendor: String,
        /// The field.
        field: &'static str,
    },
}

impl VendorList {
    /// Reads the file. Vendors with a `deletedDate` are left out: they have no basis any more.
    pub fn read(bytes: &[u8]) -> Result<Self, VendorListError> {
        let file: File = serde_json::from_slice(bytes)
            .map_err(|error| VendorListError::Shape(error.to_string()))?;
        if file.gvl_specification_version != 3 {
            return Err(VendorListError::Version);
        }
        let mut vendors = BTreeMap::new();
        for (key, listed) in &file.vendors {
            let vendor = listed.check(key)?;
            if listed.deleted_date.is_none() {
                vendors.insert(vendor.id, vendor);
            }
        }
        Ok(Self {
            version: file.vendor_list_version,
            policy_version: file.tcf_policy_version,
            vendors,
        })
    }

    /// Returns the vendor of that id, if it is listed and not deleted.
    pub fn vendor(&self, id: u16) -> Option<&Vendor> {
        self.vendors.get(&id)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    gvl_specification_version: u8,
    vendor_list_version: u16,
    tcf_policy_version: u8,
    vendors: BTreeMap<String, Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: u16,
    purposes: Vec<u8>,
    leg_int_purposes: Vec<u8>,
    flexible_purposes: Vec<u8>,
    special_features: Vec<u8>,
    #[serde(default)]
    deleted_date: Option<String>,
}

impl Listed {
    fn check(&self, key: &str) -> Result<Vendor, VendorListError> {
        let wrong = |field| VendorListError::Vendor { vendor: key.to_owned(), field };
        if self.id == 0 || key.parse() != Ok(self.id) {
            return Err(wrong("id"));
        }
        let ids = |ids: &[u8], field| {
            if ids.iter().all(|id| (1..=Ids::MAX).contains(id)) {
                Ok(ids.iter().copied().collect::<Ids>())
            } else {
                Err(wrong(field))
            }
        };
        Ok(Vendor {
            id: self.id,
            consent: ids(&self.purposes, "purposes")?,
            legitimate_interest: ids(&self.leg_int_purposes, "legIntPurposes")?,
            flexible: ids(&self.flexible_purposes, "flexiblePurposes")?,
            special_features: ids(&self.special_features, "specialFeatures")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(vendors: &str) -> Result<VendorList, VendorListError> {
        let text = format!(
            r#"{{"gvlSpecificationVersion":3,"vendorListVersion":45,"tcfPolicyVersion":5,"vendors":{vendors}}}"#
        );
        VendorList::read(text.as_bytes())
    }

    const ONE: &str = r#"{"7":{"id":7,"name":"x","purposes":[1,3,4],"legIntPurposes":[2,7],
        "flexiblePurposes":[2],"specialFeatures":[1],"urls":[]}}"#;

    #[test]
    fn a_vendor_says_what_it_declared() {
        let list = list(ONE).unwrap();
        let vendor = list.vendor(7).unwrap();
        assert_eq!((list.version, list.policy_version), (45, 5));
        assert_eq!(vendor.consent.iter().collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!(vendor.legitimate_interest.iter().collect::<Vec<_>>(), [2, 7]);
        assert_eq!(list.vendor(8), None);
    }

    #[test]
    fn a_deleted_vendor_is_not_listed() {
        let deleted = ONE.replace("\"name\"", "\"deletedDate\":\"2025-01-01T00:00:00Z\",\"name\"");
        assert_eq!(list(&deleted).unwrap().vendor(7), None);
    }

    #[test]
    fn a_wrong_list_names_the_field() {
        let message = |vendors: &str| list(vendors).unwrap_err().to_string();
        assert_eq!(
            message(&ONE.replace("[2]", "[25]")),
            "`vendors.7.flexiblePurposes` is out of range"
        );
        assert_eq!(message(&ONE.replace("\"id\":7", "\"id\":8")), "`vendors.7.id` is out of range");
        assert!(message("[]").starts_with("not a vendor list"));
        assert_eq!(VendorList::read(br#"{"gvlSpecificationVersion":2,"vendorListVersion":1,"tcfPolicyVersion":2,"vendors":{}}"#), Err(VendorListError::Version));
    }
}
