import Korean
import Testing

@Suite struct JosaTests {
    @Test(arguments: [
        ("계정", "계정은 계정이 계정을 계정으로 계정과"), ("참여", "참여는 참여가 참여를 참여로 참여와"),
        ("메일", "메일은 메일이 메일을 메일로 메일과"), ("이메일 주소", "이메일 주소는 이메일 주소가 이메일 주소를 이메일 주소로 이메일 주소와"),
        ("값", "값은 값이 값을 값으로 값과"), ("ㄹ", "ㄹ은 ㄹ이 ㄹ을 ㄹ로 ㄹ과"), ("ㅏ", "ㅏ는 ㅏ가 ㅏ를 ㅏ로 ㅏ와"),
    ])
    func aSyllableDecides(word: String, forms: String) {
        #expect(Josa.allCases.map { "\(word, $0)" }.joined(separator: " ") == forms)
    }

    @Test func digitsAreReadInKorean() {
        let read = (0...9).map { "\($0)" + Josa.direction.after("\($0)") }
        #expect(read == ["0으로", "1로", "2로", "3으로", "4로", "5로", "6으로", "7로", "8로", "9로"])
        let subjects = (0...9).map { Josa.subject.after("CASE000\($0)") }
        #expect(subjects == ["이", "이", "가", "이", "가", "가", "이", "이", "이", "가"])
        #expect(Josa.topic.after("1,000") == "은")
        #expect(Josa.object.after("50%") == "를")
        #expect(Josa.subject.after("2026-11-28") == "이")
    }

    @Test(arguments: [
        ("KPI", "가"), ("SLA", "가"), ("URL", "이"), ("CRM", "이"), ("ID", "가"), ("CSM", "이"), ("PoC", "가"),
        ("id", "가"), ("PDF", "가"), ("0a3f", "가"), ("2b7e-8d9m", "이"), ("A", "가"), ("N", "이"), ("L", "이"),
    ])
    func abbreviationsAreReadLetterByLetter(word: String, subject: String) {
        #expect(Josa.subject.after(word) == subject)
    }

    @Test(arguments: [
        ("title", "이"), ("name", "이"), ("plan", "이"), ("Meeting", "이"), ("market", "이"), ("feedback", "이"),
        ("Green", "이"), ("email", "이"), ("phone", "이"), ("team", "이"), ("web", "이"), ("setup", "이"),
        ("project", "가"), ("service", "가"), ("server", "가"), ("task", "가"), ("Bridge", "가"), ("state", "가"),
        ("first_name", "이"), ("due_date", "가"), ("Velocity", "가"), ("Costs", "가"), ("Follow-Up", "이"),
    ])
    func foreignWordsAreReadAsUsual(word: String, subject: String) {
        #expect(Josa.subject.after(word) == subject)
    }

    @Test func closingMarksAreNotRead() {
        #expect(Josa.subject.after("‘계정’") == "이")
        #expect(Josa.subject.after("\"참여\"") == "가")
        #expect(Josa.subject.after("건강도 회복 플레이(Get to Green)") == "가")
        #expect(Josa.topic.after("today()") == "는")
        #expect(Josa.object.after("제품 개념 증명(PoC).  ") == "을")
        #expect(Josa.object.after("(주)한빛") == "을")
        #expect(Josa.direction.after("(서울)") == "로")
    }

    @Test func bothFormsStandWhereNobodyKnows() {
        #expect(Josa.topic.after("") == "은(는)")
        #expect(Josa.subject.after("株式会社") == "이(가)")
        #expect(Josa.direction.after("→") == "(으)로")
        #expect(Josa.companion.after("…") == "과(와)")
    }

    @Test func itStandsInASentence() {
        let title = "Get to Green"
        #expect("'\(title)'\(.subject, after: title) 시작되었습니다." == "'Get to Green'이 시작되었습니다.")
        #expect("\("기한", .topic) 필수입니다." == "기한은 필수입니다.")
        #expect("\(title.prefix(3), .object) 찾을 수 없습니다." == "Get을 찾을 수 없습니다.")
    }
}
