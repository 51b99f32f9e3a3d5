//! A Parquet file: written whole and durable, or not there; read by row groups.
//!
//! Two kinds of columns are enough: whole numbers of 64 bits, and bytes. Nothing is compressed: dictionaries
//! and differences take what repeats, and what is sealed does not compress.

use parquet::{
    basic::Encoding,
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, ByteArrayType, DataType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::RowGroupMetaData,
        properties::{EnabledStatistics, WriterProperties},
        reader::{FileReader as _, RowGroupReader, SerializedFileReader},
        statistics::Statistics,
        writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::{parser::parse_message_type, types::ColumnPath},
};
use rustix::io::Errno;
use std::{
    fs::{self, File},
    io,
    ops::RangeInclusive,
    path::Path,
    sync::Arc,
};

/// A file of old records could not be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The file system refused.
    #[error("the file system failed")]
    Io(#[from] io::Error),
    /// It is there and cannot be opened.
    #[error("it cannot be opened")]
    Shut(#[source] io::Error),
    /// It is not what was written.
    #[error("it does not read as Parquet of that schema")]
    Parquet(#[from] ParquetError),
    /// A value in it is none.
    #[error("a value in it is not what was written")]
    Odd,
}

impl FileError {
    /// Returns whether the file is not what was written, gone, or not to be opened: reading it again changes nothing.
    pub(crate) fn is_damage(&self) -> bool {
        let is_of = |error: &io::Error| {
            use io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
            matches!(error.kind(), NotFound | UnexpectedEof | InvalidData)
        };
        match self {
            Self::Io(error) => is_of(error),
            Self::Parquet(ParquetError::External(cause)) => {
                cause.downcast_ref::<io::Error>().is_none_or(is_of)
            }
            Self::Shut(_) | Self::Parquet(_) | Self::Odd => true,
        }
    }
}

/// The values of one column in one row group.
#[derive(Debug)]
pub(super) enum Column {
    /// Times, days, counts and ids.
    Numbers(Vec<i64>),
    /// Texts and bytes, none of which is missing.
    Bytes(Vec<ByteArray>),
    /// The same, some of which may be missing.
    Optional(Vec<Option<ByteArray>>),
}

impl Column {
    pub(super) fn numbers(&self) -> &[i64] {
        match self {
            Self::Numbers(numbers) => numbers,
            Self::Bytes(_) | Self::Optional(_) => &[],
        }
    }

    /// Returns the bytes of one row.
    pub(super) fn bytes(&self, row: usize) -> Option<&[u8]> {
        match self {
            Self::Numbers(_) => None,
            Self::Bytes(all) => all.get(row).map(ByteArray::data),
            Self::Optional(all) => all.get(row)?.as_ref().map(ByteArray::data),
        }
    }

    /// Returns the values of these rows alone.
    pub(super) fn pick(self, rows: &[usize]) -> Self {
        match self {
            Self::Numbers(all) => Self::Numbers(picked(&all, rows)),
            Self::Bytes(all) => Self::Bytes(picked(&all, rows)),
            Self::Optional(all) => Self::Optional(picked(&all, rows)),
        }
    }

    pub(super) fn number(&self, row: usize) -> Option<i64> {
        self.numbers().get(row).copied()
    }
}

fn picked<T: Clone>(all: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().filter_map(|row| all.get(*row).cloned()).collect()
}

/// Writes a file, and returns its length. It is durable when this returns; what stood there before a crash cut
/// this short is taken over.
pub(super) fn write(
    path: &Path,
    schema: &str,
    groups: impl Iterator<Item = Vec<Column>>,
) -> Result<u64, FileError> {
    let parent = path.parent().ok_or(FileError::Odd)?;
    make_durable(parent)?;
    let unfinished = path.with_extension("unfinished");
    let file = File::create(&unfinished)?;
    let schema = Arc::new(parse_message_type(schema)?);
    let mut writer = SerializedFileWriter::new(&file, schema, Arc::new(properties()))?;
    for columns in groups {
        let mut group = writer.next_row_group()?;
        write_group(&mut group, columns)?;
        group.close()?;
    }
    writer.close()?;
    file.sync_all()?;
    let length = file.metadata()?.len();
    fs::rename(&unfinished, path)?;
    File::open(parent)?.sync_all()?;
    Ok(length)
}

fn properties() -> WriterProperties {
    let plain = |name: &str| ColumnPath::from(name);
    WriterProperties::builder()
        .set_created_by(format!("sluicegate {}", env!("CARGO_PKG_VERSION")))
        // Every value is another one: a dictionary would only be in the way.
        .set_column_dictionary_enabled(plain("sealed"), false)
        .set_column_dictionary_enabled(plain("digest"), false)
        .set_column_dictionary_enabled(plain("leaves"), false)
        .set_column_statistics_enabled(plain("sealed"), EnabledStatistics::None)
        .set_column_statistics_enabled(plain("digest"), EnabledStatistics::None)
        .set_column_statistics_enabled(plain("leaves"), EnabledStatistics::None)
        .set_column_dictionary_enabled(plain("first"), false)
        .set_column_dictionary_enabled(plain("last"), false)
        .set_column_dictionary_enabled(plain("pack"), false)
        .set_column_encoding(plain("first"), Encoding::DELTA_BINARY_PACKED)
        .set_column_encoding(plain("last"), Encoding::DELTA_BINARY_PACKED)
        .set_column_encoding(plain("pack"), Encoding::DELTA_BINARY_PACKED)
        .build()
}

fn write_group(
    group: &mut SerializedRowGroupWriter<'_, &File>,
    columns: Vec<Column>,
) -> Result<(), FileError> {
    for column in columns {
        let mut writer = group.next_column()?.ok_or(FileError::Odd)?;
        write_column(&mut writer, column)?;
        writer.close()?;
    }
    Ok(())
}

fn write_column(writer: &mut SerializedColumnWriter<'_>, column: Column) -> Result<(), FileError> {
    match column {
        Column::Numbers(values) => {
            writer.typed::<Int64Type>().write_batch(&values, None, None)?;
        }
        Column::Bytes(values) => {
            writer.typed::<ByteArrayType>().write_batch(&values, None, None)?;
        }
        Column::Optional(values) => {
            let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
            let values: Vec<ByteArray> = values.into_iter().flatten().collect();
            writer.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
        }
    }
    Ok(())
}

/// A file that is read.
pub(super) struct Opened(SerializedFileReader<File>);

impl Opened {
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        // Why: to open what is no file can take for ever.
        if !fs::metadata(path).map_err(unopened)?.is_file() {
            return Err(FileError::Odd);
        }
        Ok(Self(SerializedFileReader::new(File::open(path).map_err(unopened)?)?))
    }

    /// Returns the numbers of the row groups in which that column, by which the rows are in order, may have a value from
    /// `from` to `until`.
    ///
    /// Nothing protects what a file says of its groups. So one counts also where its neighbours leave room for it: a
    /// number that was changed hides nothing, and costs a group that is read for nothing.
    pub(super) fn groups(&self, column: usize, from: i64, until: i64) -> Vec<usize> {
        let said: Vec<_> =
            self.0.metadata().row_groups().iter().map(|group| range(group, column)).collect();
        let meets = |least: Option<i64>, most: Option<i64>| {
            least.is_none_or(|least| least <= until) && most.is_none_or(|most| most >= from)
        };
        let may_have = |at: usize| {
            let (least, most) = said.get(at).copied().unwrap_or_default();
            let before = at.checked_sub(1).and_then(|before| said.get(before)?.1);
            let after = said.get(at + 1).and_then(|after| after.0);
            meets(least, most) || meets(before, after)
        };
        (0..said.len()).filter(|at| may_have(*at)).collect()
    }

    /// Returns whether all values of a column are in a range, as far as the file says.
    pub(super) fn lies_in(&self, column: usize, all: &RangeInclusive<i64>) -> bool {
        let mut groups = self.0.metadata().row_groups().iter();
        groups.all(|group| {
            let (least, most) = range(group, column);
            [least, most].into_iter().flatten().all(|value| all.contains(&value))
        })
    }

    /// Returns the largest value of a column in a row group, if the file says so.
    pub(super) fn last(&self, group: usize, column: usize) -> Option<i64> {
        let group = self.0.metadata().row_groups().get(group)?;
        range(group, column).1
    }

    /// Reads a row group.
    pub(super) fn read(&self, group: usize) -> Result<Vec<Column>, FileError> {
        let meta = self.0.metadata().row_groups().get(group).ok_or(FileError::Odd)?;
        let rows = usize::try_from(meta.num_rows()).map_err(|_negative| FileError::Odd)?;
        let reader = self.0.get_row_group(group)?;
        (0..meta.num_columns()).map(|at| read_column(reader.as_ref(), meta, at, rows)).collect()
    }
}

/// What it means that a file does not open: that it is shut, unless the machine lacked something just then.
fn unopened(error: io::Error) -> FileError {
    let want = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::INTR, Errno::STALE];
    let is_for_want = Errno::from_io_error(&error).is_some_and(|errno| want.contains(&errno));
    if is_for_want { FileError::Io(error) } else { FileError::Shut(error) }
}

/// The least and the largest value of a column in a row group, as far as the file says so.
fn range(group: &RowGroupMetaData, column: usize) -> (Option<i64>, Option<i64>) {
    match group.columns().get(column).and_then(|column| column.statistics()) {
        Some(Statistics::Int64(values)) => (values.min_opt().copied(), values.max_opt().copied()),
        Some(_) | None => (None, None),
    }
}

fn read_column(
    reader: &dyn RowGroupReader,
    meta: &RowGroupMetaData,
    at: usize,
    rows: usize,
) -> Result<Column, FileError> {
    let column = meta.columns().get(at).ok_or(FileError::Odd)?;
    let is_optional = column.column_descr().max_def_level() > 0;
    match reader.get_column_reader(at)? {
        ColumnReader::Int64ColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(rows);
            read_all(&mut reader, rows, None, &mut values)?;
            Ok(Column::Numbers(values))
        }
        ColumnReader::ByteArrayColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(rows);
            if !is_optional {
                read_all(&mut reader, rows, None, &mut values)?;
                return Ok(Column::Bytes(values));
            }
            let mut levels = Vec::with_capacity(rows);
            read_all(&mut reader, rows, Some(&mut levels), &mut values)?;
            let mut values = values.into_iter();
            let placed = levels.iter().map(|level| if *level > 0 { values.next() } else { None });
            Ok(Column::Optional(placed.collect()))
        }
        _ => Err(FileError::Odd),
    }
}

fn read_all<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    mut levels: Option<&mut Vec<i16>>,
    values: &mut Vec<T::T>,
) -> Result<(), FileError> {
    let mut read = 0;
    while read < rows {
        let (more, _, _) = reader.read_records(rows - read, levels.as_deref_mut(), None, values)?;
        if more == 0 {
            return Err(FileError::Odd);
        }
        read += more;
    }
    Ok(())
}

/// Makes a folder and those above it that are missing, durably.
fn make_durable(folder: &Path) -> Result<(), FileError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().ok_or(FileError::Odd)?;
    make_durable(parent)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    File::open(parent)?.sync_all()?;
    Ok(())
}
