//! Index files: faiss's own format, so that Python's `faiss.read_index` and `load_faiss_index` read what is saved here, and the
//! other way round.
//!
//! | here | in faiss |
//! |---|---|
//! | [`FlatIndex`] by L2 or inner product | `IndexFlat` |
//! | [`HnswIndex`] by L2 or inner product | `IndexHNSWFlat` |
//! | either by cosine | the same by inner product behind an `L2norm` transform, its vectors brought to length 1 |

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::graph::{Graph, places};
use super::metric::inverse_norm;
use super::{FlatIndex, HnswConfig, HnswIndex, Index, Metric, Vectors};
use crate::{Error, Result};

const PRE_TRANSFORM: &[u8; 4] = b"IxPT";
const NORMALIZATION: &[u8; 4] = b"VNrm";
const HNSW_FLAT: &[u8; 4] = b"IHNf";
const FLAT_L2: &[u8; 4] = b"IxF2";
const FLAT_INNER_PRODUCT: &[u8; 4] = b"IxFI";
/// faiss's numbers for the two metrics.
const INNER_PRODUCT: i32 = 0;
const L2: i32 = 1;
/// Two fields that faiss no longer uses have this number in them.
const UNUSED: i64 = 1 << 20;

/// Writes the index to a temporary file beside `path`, and renames that.
pub(super) fn save(index: &Index, path: &Path) -> Result<()> {
    let failed = |error: io::Error| Error::index_file(path, format!("it cannot be written: {error}"));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    write(index, file.as_file_mut()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn write(index: &Index, file: &mut File) -> io::Result<()> {
    let mut out = Out(BufWriter::new(file));
    let flat = index.flat_part();
    if flat.metric == Metric::Cosine {
        out.bytes(PRE_TRANSFORM)?;
        out.header(flat, INNER_PRODUCT)?;
        out.i32(1)?;
        out.bytes(NORMALIZATION)?;
        out.bytes(&2f32.to_le_bytes())?;
        out.i32(flat.vectors.dimension() as i32)?;
        out.i32(flat.vectors.dimension() as i32)?;
        out.bytes(&[1])?;
    }
    if let Index::Hnsw(hnsw) = index {
        out.bytes(HNSW_FLAT)?;
        out.header(flat, number_of(flat.metric))?;
        out.graph(&hnsw.graph, &hnsw.config)?;
    }
    out.bytes(if flat.metric == Metric::L2 { FLAT_L2 } else { FLAT_INNER_PRODUCT })?;
    out.header(flat, number_of(flat.metric))?;
    out.u64(flat.vectors.numbers().len())?;
    for row in flat.vectors.rows() {
        let scale = if flat.metric == Metric::Cosine { inverse_norm(row) } else { 1.0 };
        row.iter().try_for_each(|number| out.bytes(&(number * scale).to_le_bytes()))?;
    }
    out.0.flush()
}

fn number_of(metric: Metric) -> i32 {
    if metric == Metric::L2 { L2 } else { INNER_PRODUCT }
}

struct Out<'a>(BufWriter<&'a mut File>);

impl Out<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn i32(&mut self, number: i32) -> io::Result<()> {
        self.bytes(&number.to_le_bytes())
    }

    fn u64(&mut self, number: usize) -> io::Result<()> {
        self.bytes(&(number as u64).to_le_bytes())
    }

    fn header(&mut self, flat: &FlatIndex, metric: i32) -> io::Result<()> {
        self.i32(flat.vectors.dimension() as i32)?;
        self.u64(flat.vectors.len())?;
        self.bytes(&UNUSED.to_le_bytes())?;
        self.bytes(&UNUSED.to_le_bytes())?;
        self.bytes(&[1])?;
        self.i32(metric)
    }

    fn graph(&mut self, graph: &Graph, config: &HnswConfig) -> io::Result<()> {
        // How likely a vector is to reach each layer; faiss draws by it when vectors are added.
        let scale = (graph.connections as f64).ln();
        let likely = |layer: usize| (-(layer as f64) * scale).exp() * (1.0 - (-scale).exp());
        let layers = (0..).find(|&layer| layer >= graph.layers() && likely(layer) < 1e-9).unwrap_or(graph.layers());
        self.u64(layers)?;
        (0..layers).try_for_each(|layer| self.bytes(&likely(layer).to_le_bytes()))?;
        self.u64(layers + 1)?;
        (0..=layers).try_for_each(|layers| self.i32(places(graph.connections, layers) as i32))?;
        self.u64(graph.levels.len())?;
        graph.levels.iter().try_for_each(|&level| self.i32(i32::from(level)))?;
        self.u64(graph.offsets.len())?;
        graph.offsets.iter().try_for_each(|&offset| self.u64(offset))?;
        self.u64(graph.links.len())?;
        graph.links.iter().try_for_each(|&link| self.i32(link))?;
        self.i32(graph.entry as i32)?;
        self.i32(graph.layers() as i32 - 1)?;
        self.i32(config.ef_construction.min(i32::MAX as usize) as i32)?;
        self.i32(config.ef_search.min(i32::MAX as usize) as i32)?;
        // The width of the walk in the upper layers, which faiss no longer reads.
        self.i32(1)
    }
}

/// Reads an index of one of the kinds above.
pub(super) fn load(path: &Path) -> Result<Index> {
    let bytes = std::fs::read(path).map_err(|error| Error::index_file(path, format!("it cannot be read: {error}")))?;
    read(&mut In(&bytes)).map_err(|problem| Error::index_file(path, problem))
}

fn read(file: &mut In) -> Result<Index, String> {
    let mut kind = file.array()?;
    let cosine = &kind == PRE_TRANSFORM;
    if cosine {
        file.header()?;
        let (transforms, first) = (file.i32()?, file.array()?);
        if transforms != 1 || &first != NORMALIZATION {
            return Err(format!("a transform {:?} of its vectors is not known here", text(&first)));
        }
        file.take(4 + 4 + 4 + 1)?;
        kind = file.array()?;
    }
    let hnsw = if &kind == HNSW_FLAT {
        file.header()?;
        let graph = file.graph()?;
        kind = file.array()?;
        Some(graph)
    } else {
        None
    };
    let metric = match &kind {
        FLAT_INNER_PRODUCT if cosine => Metric::Cosine,
        FLAT_L2 if !cosine => Metric::L2,
        FLAT_INNER_PRODUCT => Metric::InnerProduct,
        _ => {
            return Err(format!(
                "it is of the kind {:?}; here only flat and HNSW indices by L2, inner product or cosine are known",
                text(&kind)
            ));
        }
    };
    let (dimension, count) = file.header()?;
    let numbers: Vec<f32> = file.list(f32::from_le_bytes)?;
    if dimension.checked_mul(count) != Some(numbers.len()) {
        return Err(format!("{} numbers are not {count} vectors of {dimension}", numbers.len()));
    }
    let vectors = Vectors::new(numbers, dimension).map_err(|error| error.to_string())?;
    let flat = FlatIndex::new(vectors, metric);
    match hnsw {
        Some((graph, config)) => Ok(Index::Hnsw(HnswIndex::from_parts(flat, graph, config)?)),
        None => Ok(Index::Flat(flat)),
    }
}

fn text(kind: &[u8; 4]) -> String {
    String::from_utf8_lossy(kind).into_owned()
}

/// What is still to be read.
struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("it ends too early: a copy of it is cut off")?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| "it ends too early".to_owned())
    }

    fn i32(&mut self) -> Result<i32, String> {
        self.array().map(i32::from_le_bytes)
    }

    /// A number that counts something.
    fn count(&mut self) -> Result<usize, String> {
        let number = u64::from_le_bytes(self.array()?);
        usize::try_from(number).map_err(|_| format!("a count in it is {number}"))
    }

    fn list<T, const N: usize>(&mut self, convert: fn([u8; N]) -> T) -> Result<Vec<T>, String> {
        let count = self.count()?;
        let bytes = self.take(count.checked_mul(N).ok_or_else(|| format!("a count in it is {count}"))?)?;
        Ok(bytes.chunks_exact(N).filter_map(|bytes| bytes.try_into().ok()).map(convert).collect())
    }

    /// The vectors' length, and how many there are.
    fn header(&mut self) -> Result<(usize, usize), String> {
        let dimension = self.i32()?;
        let count = self.count()?;
        self.take(8 + 8 + 1)?;
        let metric = self.i32()?;
        if !matches!(metric, INNER_PRODUCT | L2) {
            return Err(format!("faiss's metric number {metric} is not known here"));
        }
        Ok((usize::try_from(dimension).unwrap_or(0), count))
    }

    fn graph(&mut self) -> Result<(Graph, HnswConfig), String> {
        self.list(f64::from_le_bytes)?;
        let table: Vec<i32> = self.list(i32::from_le_bytes)?;
        let levels: Vec<i32> = self.list(i32::from_le_bytes)?;
        let offsets: Vec<u64> = self.list(u64::from_le_bytes)?;
        let links: Vec<i32> = self.list(i32::from_le_bytes)?;
        let (entry, _top) = (self.i32()?, self.i32()?);
        let (ef_construction, ef_search, _beam) = (self.i32()?, self.i32()?, self.i32()?);
        let connections = table.get(1).map_or(0, |&bottom| bottom / 2);
        let regular = |(layers, &end): (usize, &i32)| {
            end as i64 == connections as i64 * if layers == 0 { 0 } else { layers as i64 + 1 }
        };
        if !table.iter().enumerate().all(regular) {
            return Err("its layers have numbers of links that are not known here".into());
        }
        let natural = |number: i32| usize::try_from(number).map_err(|_| format!("a number in it is {number}"));
        let graph = Graph {
            connections: natural(connections)?,
            levels: levels
                .iter()
                .map(|&level| u8::try_from(level))
                .collect::<Result<_, _>>()
                .map_err(|error| error.to_string())?,
            offsets: offsets.into_iter().map(|offset| offset as usize).collect(),
            links,
            entry: natural(entry)? as u32,
        };
        let config = HnswConfig {
            connections: graph.connections,
            ef_construction: natural(ef_construction)?,
            ef_search: natural(ef_search)?,
            parallel: false,
        };
        Ok((graph, config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indices() -> Vec<Index> {
        let rows = (0..300).map(|i| [(i as f32 * 0.37).sin(), (i as f32 * 0.11).cos(), i as f32 / 300.0]);
        let vectors = Vectors::from_rows(rows).unwrap();
        let hnsw = |metric| HnswIndex::build(vectors.clone(), metric, HnswConfig::new().connections(6)).unwrap();
        [Metric::L2, Metric::InnerProduct, Metric::Cosine]
            .into_iter()
            .flat_map(|metric| [Index::Flat(FlatIndex::new(vectors.clone(), metric)), Index::Hnsw(hnsw(metric))])
            .collect()
    }

    #[test]
    fn what_is_read_back_finds_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.faiss");
        for index in indices() {
            index.save(&path).unwrap();
            let read = Index::load(&path).unwrap();
            assert_eq!(read.metric(), index.metric());
            assert_eq!(matches!(read, Index::Hnsw(_)), matches!(index, Index::Hnsw(_)));
            let query = [0.3, -0.2, 0.9];
            let (before, after) = (index.nearest(&query, 8).unwrap(), read.nearest(&query, 8).unwrap());
            for (before, after) in before.iter().zip(&after) {
                assert_eq!(before.row, after.row);
                assert!((before.score - after.score).abs() < 1e-5);
            }
            if let (Index::Hnsw(before), Index::Hnsw(after)) = (&index, &read) {
                assert_eq!(before.graph, after.graph);
                assert_eq!(before.config, after.config);
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_damaged_file_is_an_error_with_its_path_and_never_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.faiss");
        for index in indices() {
            index.save(&path).unwrap();
            let whole = std::fs::read(&path).unwrap();
            for length in (0..whole.len()).step_by(37) {
                let error = read(&mut In(&whole[..length])).map(|_| ()).unwrap_err();
                assert!(!error.is_empty());
            }
            // Any byte changed: an error or an index that answers, never a panic.
            for place in (0..whole.len()).step_by(11) {
                let mut damaged = whole.clone();
                damaged[place] ^= 0x55;
                if let Ok(index) = read(&mut In(&damaged)) {
                    let query = vec![0.1; index.flat_part().vectors().dimension()];
                    index.nearest(&query, 3).unwrap();
                }
            }
        }
        std::fs::write(&path, b"IxPQ and so on, long enough to be read").unwrap();
        let error = Index::load(&path).unwrap_err().to_string();
        assert!(error.contains("index.faiss") && error.contains("\"IxPQ\""), "{error}");
        assert!(Index::load(folder.path().join("none")).unwrap_err().to_string().contains("cannot be read"));
    }
}
