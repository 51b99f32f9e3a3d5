//! The Global Vendor List, and what the partnerships that name a vendor declared on it.

use super::{VENDOR_LIST, partner::Outline, problem};
use crate::{Partnership, Problem, TcfVendor, partnership::tcf_party, problem::Report};
use sluicegate_signals::VendorList;

/// The list, as far as it was found.
#[derive(Default)]
pub(super) enum Found {
    /// No file of that name has come yet.
    #[default]
    Missing,
    /// It is there and wrong, which has been reported.
    Wrong,
    /// It has been read.
    List(VendorList),
}

impl Found {
    pub(super) fn read(&mut self, report: &Report, text: &str) {
        if !matches!(self, Self::Missing) {
            report.add("", "there are two vendor lists");
            return;
        }
        *self = match VendorList::read(text.as_bytes()) {
            Ok(list) => Self::List(list),
            Err(error) => {
                report.add("", error.to_string());
                Self::Wrong
            }
        };
    }

    /// Fills in what vendors declared; returns what is wrong with the ids.
    pub(super) fn fill(
        &self,
        outlines: &[(String, Outline)],
        partnerships: &mut [Partnership],
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (file, outline) in outlines {
            let (Some(id), Some(vendor_id)) = (&outline.id, outline.tcf_vendor_id) else {
                continue;
            };
            let mut complain = |wrong: &str| {
                problems.push(problem(file, &format!("partnership[{id}].tcf_vendor_id"), wrong));
            };
            let list = match self {
                Self::List(list) => list,
                Self::Wrong => continue,
                Self::Missing => {
                    complain(&format!("needs the file {VENDOR_LIST}: the Global Vendor List"));
                    continue;
                }
            };
            let Some(vendor) = list.vendor(vendor_id).copied() else {
                complain("is not on the vendor list, or was deleted from it");
                continue;
            };
            let listed = TcfVendor { list_version: list.version, vendor };
            for partnership in partnerships.iter_mut().filter(|one| one.terms.id == *id) {
                partnership.tcf_vendor = Some(listed);
                partnership.terms.tcf = tcf_party(partnership.role, Some(listed));
            }
        }
        problems
    }
}
