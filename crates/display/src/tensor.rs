//! A tensor: shape, dtype, device, and its values with the middle left out.

use candle_core::{DType, DeviceLocation, IndexOp, Result, Tensor};
use course_wire::Bundle;

use crate::number::{grouped, short};
use crate::{Rich, escape, theme};

/// A dimension longer than this shows its first and last [`EDGE`] entries.
const WHOLE: usize = 8;
const EDGE: usize = 3;
/// How many matrices of a tensor with more than two dimensions are shown.
const MATRICES: usize = 2;

/// Shows shape, dtype and device above a shortened grid; of more than two dimensions, the first matrices.
impl Rich for Tensor {
    fn rich(&self) -> Bundle {
        let heading = heading(self);
        if self.elem_count() == 0 {
            let text = format!("{heading}, empty");
            return Bundle::html(format!("<div style=\"{}\">{}</div>", theme::HEADING, escape(&text)), text);
        }
        match grids(self) {
            Ok((grids, left_out)) => Bundle::html(html(&heading, &grids, left_out), text(&heading, &grids, left_out)),
            // A dtype without conversions, or a device that is gone: what is known still shows.
            Err(error) => Bundle::text(format!("{heading}\n(its values cannot be shown: {error})")),
        }
    }
}

/// "Tensor [2, 3] f32 on cpu".
fn heading(tensor: &Tensor) -> String {
    let device = match tensor.device().location() {
        DeviceLocation::Cpu => "cpu".to_owned(),
        DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        DeviceLocation::Metal { gpu_id } => format!("metal:{gpu_id}"),
    };
    format!("Tensor {:?} {} on {device}", tensor.dims(), tensor.dtype().as_str())
}

/// One matrix of the tensor, its cells as text.
struct Grid {
    /// Where it lies, as in `[0, 1, :, :]`; empty when it is the whole tensor.
    place: String,
    rows: Vec<Vec<String>>,
}

/// The matrices to show, and how many more there are.
fn grids(tensor: &Tensor) -> Result<(Vec<Grid>, usize)> {
    let rank = tensor.rank();
    if rank <= 2 {
        let matrix = match rank {
            0 => tensor.reshape((1, 1))?,
            1 => tensor.unsqueeze(0)?,
            _ => tensor.clone(),
        };
        return Ok((vec![Grid { place: String::new(), rows: rows(&matrix)? }], 0));
    }
    let leading = &tensor.dims()[..rank - 2];
    let count: usize = leading.iter().product();
    let mut grids = Vec::new();
    for number in 0..count.min(MATRICES) {
        let (mut matrix, mut rest, mut indices) = (tensor.clone(), number, Vec::new());
        for (axis, _) in leading.iter().enumerate() {
            let below: usize = leading[axis + 1..].iter().product();
            indices.push((rest / below).to_string());
            matrix = matrix.i(rest / below)?;
            rest %= below;
        }
        grids.push(Grid { place: format!("[{}, :, :]", indices.join(", ")), rows: rows(&matrix)? });
    }
    Ok((grids, count - count.min(MATRICES)))
}

/// A number of the tensor, or a sign for those left out.
enum Cell {
    Integer(i64),
    Float(f64),
    Gap(&'static str),
}

/// The rows of a matrix with the middle left out; a row of `⋮` stands for rows, a cell `…` for columns.
fn rows(matrix: &Tensor) -> Result<Vec<Vec<String>>> {
    let (height, width) = matrix.dims2()?;
    let mut rows = Vec::new();
    let (first, last) = edges(height);
    for index in first.chain(last) {
        let row = matrix.i(index)?;
        let (left, right) = edges(width);
        let mut cells = values(&row.narrow(0, left.start, left.len())?)?;
        if !right.is_empty() {
            cells.push(Cell::Gap("…"));
            cells.extend(values(&row.narrow(0, right.start, right.len())?)?);
        }
        rows.push(cells);
    }
    if height > WHOLE {
        let gap = rows[0].iter().map(|cell| Cell::Gap(if matches!(cell, Cell::Gap(_)) { "…" } else { "⋮" })).collect();
        rows.insert(EDGE, gap);
    }
    let decimals = decimals(rows.iter().flatten());
    let text = |cell: &Cell| match (cell, decimals) {
        (Cell::Integer(value), _) => value.to_string(),
        (Cell::Gap(sign), _) => (*sign).to_owned(),
        (Cell::Float(value), Some(decimals)) if value.is_finite() => format!("{value:.decimals$}"),
        (Cell::Float(value), _) => short(*value),
    };
    Ok(rows.iter().map(|row| row.iter().map(text).collect()).collect())
}

/// The decimals that all floats of a grid share, at most four; `None` when their sizes are too different for that.
fn decimals<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<usize> {
    let mut decimals = 1;
    for cell in cells {
        let Cell::Float(value) = cell else { continue };
        if !value.is_finite() || *value == 0.0 {
            continue;
        }
        if !(1e-4..1e6).contains(&value.abs()) {
            return None;
        }
        let text = format!("{value:.4}");
        let used = text.trim_end_matches('0').split_once('.').map_or(0, |(_, decimals)| decimals.len());
        decimals = decimals.max(used);
    }
    Some(decimals)
}

/// The indices shown at the two ends of a dimension.
fn edges(length: usize) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    if length <= WHOLE { (0..length, length..length) } else { (0..EDGE, length - EDGE..length) }
}

fn values(vector: &Tensor) -> Result<Vec<Cell>> {
    Ok(match vector.dtype() {
        DType::U8 | DType::U32 | DType::I16 | DType::I32 | DType::I64 => {
            vector.to_dtype(DType::I64)?.to_vec1::<i64>()?.into_iter().map(Cell::Integer).collect()
        }
        DType::F64 => vector.to_vec1::<f64>()?.into_iter().map(Cell::Float).collect(),
        // By way of its text an `f32` such as 0.1 becomes the `f64` 0.1.
        _ => {
            let values = vector.to_dtype(DType::F32)?.to_vec1::<f32>()?;
            values.into_iter().map(|value| Cell::Float(value.to_string().parse().unwrap_or(f64::NAN))).collect()
        }
    })
}

/// "… and 10 more matrices".
fn more(left_out: usize) -> Option<String> {
    (left_out > 0)
        .then(|| format!("… and {} more matri{}", grouped(left_out as u64), if left_out == 1 { "x" } else { "ces" }))
}

fn text(heading: &str, grids: &[Grid], left_out: usize) -> String {
    let mut lines = vec![heading.to_owned()];
    for grid in grids {
        if !grid.place.is_empty() {
            lines.push(grid.place.clone());
        }
        let widest = grid.rows.iter().flatten().map(|cell| cell.chars().count()).max().unwrap_or(0);
        for row in &grid.rows {
            let cells = row.iter().map(|cell| if cell == "…" { cell.clone() } else { format!("{cell:>widest$}") });
            lines.push(cells.collect::<Vec<_>>().join("  "));
        }
    }
    lines.extend(more(left_out));
    lines.join("\n")
}

fn html(heading: &str, grids: &[Grid], left_out: usize) -> String {
    let mut html = format!("<div style=\"{}\">{}</div>", theme::HEADING, escape(heading));
    for grid in grids {
        if !grid.place.is_empty() {
            html += &format!("<div style=\"{};padding-top:4px\">{}</div>", theme::MONOSPACE, escape(&grid.place));
        }
        html += &format!("<table style=\"{};{}\"><tbody>", theme::TABLE, theme::MONOSPACE);
        for row in &grid.rows {
            html += "<tr>";
            for cell in row {
                html += &format!("<td style=\"text-align:right;padding:1px 8px\">{}</td>", escape(cell));
            }
            html += "</tr>";
        }
        html += "</tbody></table>";
    }
    if let Some(note) = more(left_out) {
        html += &format!("<div style=\"{}\">{note}</div>", theme::NOTE);
    }
    html
}

#[cfg(test)]
mod tests {
    use candle_core::Device::Cpu;

    use super::*;

    fn text_of(tensor: &Tensor) -> String {
        tensor.rich().plain().to_owned()
    }

    #[test]
    fn small_tensors_show_whole() {
        let matrix = Tensor::new(&[[1f32, -0.5, f32::NAN], [f32::INFINITY, 1e-9, 123456.0]], &Cpu).unwrap();
        insta::assert_snapshot!(text_of(&matrix), @r"
        Tensor [2, 3] f32 on cpu
             1    -0.5     NaN
           inf    1e-9  123456
        ");
        let weights = Tensor::new(&[[0.25f32, -1.5], [0.12345, f32::NAN]], &Cpu).unwrap();
        insta::assert_snapshot!(text_of(&weights), @r"
        Tensor [2, 2] f32 on cpu
         0.2500  -1.5000
         0.1235      NaN
        ");
        assert_eq!(text_of(&Tensor::new(&[1f64, 2.0], &Cpu).unwrap()), "Tensor [2] f64 on cpu\n1.0  2.0");
        assert_eq!(text_of(&Tensor::new(3u32, &Cpu).unwrap()), "Tensor [] u32 on cpu\n3");
        assert_eq!(text_of(&Tensor::new(&[7i64, -1], &Cpu).unwrap()), "Tensor [2] i64 on cpu\n 7  -1");
        let half = Tensor::new(&[0.5f32], &Cpu).unwrap().to_dtype(DType::BF16).unwrap();
        assert_eq!(text_of(&half), "Tensor [1] bf16 on cpu\n0.5");
    }

    #[test]
    fn empty_tensors_say_so() {
        let empty = Tensor::zeros((0, 3), DType::F32, &Cpu).unwrap();
        assert_eq!(text_of(&empty), "Tensor [0, 3] f32 on cpu, empty");
    }

    #[test]
    fn large_tensors_show_their_edges_and_views_their_own_values() {
        let large = Tensor::arange(0u32, 1200, &Cpu).unwrap().reshape((30, 40)).unwrap();
        insta::assert_snapshot!(text_of(&large), @r"
        Tensor [30, 40] u32 on cpu
           0     1     2  …    37    38    39
          40    41    42  …    77    78    79
          80    81    82  …   117   118   119
           ⋮     ⋮     ⋮  …     ⋮     ⋮     ⋮
        1080  1081  1082  …  1117  1118  1119
        1120  1121  1122  …  1157  1158  1159
        1160  1161  1162  …  1197  1198  1199
        ");
        let transposed = large.t().unwrap().narrow(0, 0, 2).unwrap().narrow(1, 1, 3).unwrap();
        assert_eq!(text_of(&transposed), "Tensor [2, 3] u32 on cpu\n 40   80  120\n 41   81  121");
    }

    #[test]
    fn many_dimensions_show_their_first_matrices() {
        let tensor = Tensor::arange(0u8, 24, &Cpu).unwrap().reshape((2, 3, 2, 2)).unwrap();
        insta::assert_snapshot!(text_of(&tensor), @r"
        Tensor [2, 3, 2, 2] u8 on cpu
        [0, 0, :, :]
        0  1
        2  3
        [0, 1, :, :]
        4  5
        6  7
        … and 4 more matrices
        ");
        insta::assert_snapshot!(tensor.rich().data["text/html"].as_str().unwrap());
    }
}
