//! Policy files: every mistake has a message, and an export reads back as it was.

mod parse;
mod wrong_files;
