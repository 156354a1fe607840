/// The columns of `staging_row` that are read or taken in.
enum StagingColumn: String {
    case id, revision, domain, upload, status, comment, errors, faults, origins, cells
    case createdAt = "created_at"
    case importTask = "import_task"
    case rowNumber = "row_number"
    case sourceFile = "source_file"
    case sourceSheet = "source_sheet"
    case naturalKey = "natural_key"
    case checkVersion = "check_version"
    case targetRecord = "target_record"
    case updatedBy = "updated_by"
}
