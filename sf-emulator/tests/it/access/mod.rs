//! Who sees and changes what.

mod fields;
mod leaks;
mod matrix;
mod objects;
mod rights;
mod rows;
mod world;
mod writes;
