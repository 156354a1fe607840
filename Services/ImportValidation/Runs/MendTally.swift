import Foundation
import Korean
import Wire

/// How far the mending by an error workbook is: what is settled and what it came to. Kept with the queued run, in the
/// transaction of each batch, so that a run that was interrupted goes on with exact counts.
struct MendTally: Codable, Sendable, Equatable {
    /// Why a row of the workbook was not taken.
    enum Refusal: String, Codable, Sendable, CaseIterable {
        /// Its cells were changed since the workbook was made.
        case changed
        case published
        /// The task has no such row: it was removed, or is another task's.
        case unknown
        /// A row above it has the same key.
        case repeated
        /// It has no key, or one that was damaged.
        case keyless
        /// One of its texts is too long for a cell.
        case tooLong
    }

    /// Where it is kept.
    enum Column: String {
        case mending
    }

    private struct Refused: Codable, Equatable {
        var count: Int64 = 0
        /// The first of the rows.
        var rows: [Int] = []
    }

    /// Most rows that are named for each reason.
    private static let mostNamed = 200

    /// The row of the workbook up to which all are settled.
    var place = 0
    /// Rows that were corrected.
    var mended: Int64 = 0
    /// Rows that hold what they held.
    var unchanged: Int64 = 0
    private var refused: [String: Refused] = [:]

    /// Rows that were not taken.
    var refusals: Int64 { refused.values.reduce(0) { $0 + $1.count } }

    /// Rows of the workbook that are settled.
    var settled: Int64 { mended + unchanged + refusals }

    mutating func refuse(_ row: Int, _ reason: Refusal) {
        var known = refused[reason.rawValue] ?? Refused()
        known.count += 1
        if known.rows.count < Self.mostNamed { known.rows.append(row) }
        refused[reason.rawValue] = known
    }

    /// What people are told of rows that were not taken, a sentence for each reason.
    var remarks: [Text] {
        Refusal.allCases.compactMap { reason in
            refused[reason.rawValue].map { known in
                let rows = known.rows.map(String.init).joined(separator: ", ")
                let more = known.count - Int64(known.rows.count)
                let list =
                    more == 0
                    ? Text(en: rows, ko: rows)
                    : Text(en: "\(rows) and \(more) more", ko: "\(rows) 외 \(grouped: more)개")
                return reason.text(of: list)
            }
        }
    }

    /// As its column holds it.
    var json: String { (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}" }

    /// What its column holds; nothing settled where it holds nothing.
    static func read(_ json: String?) -> MendTally {
        json.flatMap { try? JSONDecoder().decode(MendTally.self, from: Data($0.utf8)) } ?? MendTally()
    }
}

extension MendTally.Refusal {
    fileprivate func text(of rows: Text) -> Text {
        switch self {
        case .changed:
            Text(
                en:
                    "Rows not taken because somebody has changed them since the workbook was made: \(rows.en). Export them again.",
                ko: "통합 문서를 만든 후 다른 사용자가 변경하여 반영하지 않은 행: \(rows.ko). 다시 내보내세요.")
        case .published:
            Text(
                en: "Rows not taken because they are published: \(rows.en). Change their records instead.",
                ko: "이미 게시되어 반영하지 않은 행: \(rows.ko). 대상 레코드를 변경하세요.")
        case .unknown:
            Text(
                en: "Rows not taken because this task has no such rows any more: \(rows.en).",
                ko: "이 작업에 더 이상 없어 반영하지 않은 행: \(rows.ko).")
        case .repeated:
            Text(
                en: "Rows not taken because a row above has the same row key: \(rows.en).",
                ko: "위쪽 행과 행 식별자가 같아 반영하지 않은 행: \(rows.ko).")
        case .keyless:
            Text(
                en:
                    "Rows not taken because they have no row key: \(rows.en). An error workbook adds no rows; put new ones into the template.",
                ko: "행 식별자가 없어 반영하지 않은 행: \(rows.ko). 오류 통합 문서로는 행을 추가할 수 없습니다. 새 행은 템플릿에 입력하세요.")
        case .tooLong:
            Text(
                en: "Rows not taken because a text is too long for a cell: \(rows.en).",
                ko: "텍스트가 셀에 담을 수 있는 길이를 초과하여 반영하지 않은 행: \(rows.ko).")
        }
    }
}

extension RunMessages {
    /// What the import of an error workbook came to, and what there is to remark. `attention` are the rows of the task that
    /// need attention by now.
    static func mended(_ tally: MendTally, attention: Int64, _ remarks: [Text] = []) -> Text {
        let text = Text(
            en: "\(tally.mended) rows were mended; \(tally.unchanged) hold what they held.",
            ko: "\(grouped: tally.mended)개 행을 수정했으며 \(grouped: tally.unchanged)개 행은 변경 사항이 없습니다.")
        let rest =
            attention == 0
            ? validated(0, failed: 0)
            : Text(
                en: "\(attention) rows of the task need attention. Please check the staging table.",
                ko: "작업의 \(grouped: attention)개 행을 확인해야 합니다. 스테이징 테이블을 확인하세요.")
        return (tally.remarks + [rest] + remarks).reduce(text) {
            Text(en: $0.en + " " + $1.en, ko: $0.ko + " " + $1.ko)
        }
    }

    static let noMending = Text(
        en:
            "The file is an error workbook. Whoever works on the import task, its assignee or an onboarding agent, can import it.",
        ko: "오류 통합 문서입니다. 가져오기 작업의 담당자 또는 온보딩 에이전트가 가져올 수 있습니다.")

    static let tooManyToMend = Text(
        en: "An error workbook has at most \(ErrorWorkbook.mostRows) rows.",
        ko: "오류 통합 문서의 행은 최대 \(grouped: ErrorWorkbook.mostRows)개입니다.")
}
