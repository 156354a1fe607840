/// Bounds of a file that is read. Sizes are absolute: honest workbooks inflate seventyfold and more, so a ratio tells
/// nothing. Reading beyond a bound ends with an error that names it.
public struct WorkbookLimits: Sendable, Hashable {
    /// Bytes of the file (G-112).
    public var fileBytes: Int64 = 256 << 20
    /// Entries of the container.
    public var entries = 10_000
    /// Inflated bytes of one entry.
    public var inflatedBytes: Int64 = 2 << 30
    /// Inflated bytes of the small parts: workbook, relations, styles.
    public var partBytes: Int64 = 32 << 20
    /// Bytes of all shared strings together, which are kept in memory.
    public var sharedStringBytes = 128 << 20
    /// Number of shared strings.
    public var sharedStrings = 4_000_000
    /// Sheets of a workbook.
    public var sheets = 1_000
    /// Merged ranges of a sheet.
    public var mergedRanges = 1_048_576
    /// Columns of a row.
    public var columns = 16_384
    /// Rows with content after the header row (G-112).
    public var rows = 1_048_575
    /// Length of a cell's text in UTF-16 units, as Excel counts.
    public var cellLength = 32_767
    /// Bytes of all texts of one row together.
    public var rowBytes = 16 << 20

    /// The limits of the product.
    public init() {}
}
