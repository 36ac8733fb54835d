//! Who sees and changes what.

mod fields;
mod leaks;
mod matrix;
mod objects;
mod reports;
mod rights;
mod rows;
mod world;
mod writes;
