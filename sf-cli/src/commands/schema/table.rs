//! Aligned columns.

use std::io;

use crate::out;

/// Prints rows, the first of which has the titles. Columns of numbers, from
/// `numbers` on, stand on the right.
pub(super) fn print(rows: &[Vec<String>], numbers: usize) -> io::Result<()> {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
            if at >= numbers { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        out::line(out::harmless(line.trim_end()))?;
    }
    Ok(())
}
