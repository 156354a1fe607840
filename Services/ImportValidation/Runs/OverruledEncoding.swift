import Wire
import Workbook

extension TableFinder.Table {
    /// The table with a remark where its file was not read in the encoding that was named for it.
    func tellingEncoding(of source: any RowSource) -> TableFinder.Table {
        guard let text = source as? CSVReader, let named = text.overruledEncoding else { return self }
        var table = self
        table.remarks.append(
            Text(
                en:
                    "The encoding \(named.rawValue) was named, but the file is \(text.encoding.rawValue) and was read so.",
                ko:
                    "\(named.rawValue) 인코딩이 지정되었지만 파일이 \(text.encoding.rawValue) 형식이어서 \(text.encoding.rawValue) 인코딩으로 읽었습니다."
            ))
        return table
    }
}
