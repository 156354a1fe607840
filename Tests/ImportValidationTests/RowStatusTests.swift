import Testing

@testable import ImportValidationService

/// People read where a row stands in their language; programs read the status.
@Suite struct RowStatusTests {
    @Test(arguments: [
        ("yet_to_validate", "Yet to validate", "검증 전"), ("needs_attention", "Needs attention", "확인 필요"),
        ("ready_to_publish", "Ready to publish", "게시 준비 완료"), ("published", "Published", "게시됨"),
    ])
    func everyStatusHasALabel(status: String, english: String, korean: String) {
        #expect(RowStatus.label(status, "en") == english && RowStatus.label(status, "ko") == korean)
    }

    @Test func thereIsNoOther() {
        #expect(RowStatus.allCases.count == 4)
        #expect(RowStatus.label("", "ko").isEmpty)
    }
}
