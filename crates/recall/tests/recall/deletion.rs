//! The Data Deletion Request Framework, both ways.
