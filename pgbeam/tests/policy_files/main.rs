//! Policy files: every mistake has a message, and an export reads back as it was.

mod export;
mod mutations;
mod parse;
mod random_sets;
mod wrong_files;
