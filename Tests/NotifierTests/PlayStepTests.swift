import NotifierWire
import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import NotifierService

/// The launcher notifier says at which step a run stands, and what needs somebody reaches who can see to it, once.
@Suite struct PlayStepTests {
    private static let administrator = "sn_acct_lc.success_play_admin"

    private static func run(by user: String, _ state: String) -> FlowRun {
        var run = FlowRun()
        (run.id, run.domain, run.state, run.requestedBy) = (uuid(), Stage.account, state, user)
        (run.sourceTable, run.sourceRecord, run.attempt) = ("engagement", uuid(), 1)
        (run.title, run.titleKo) = ("Next Review", "다음 검토")
        return run
    }

    @Test func theNotifierSaysWhichStepStands() async throws {
        let stage = try await Stage()
        let user = try await stage.meet(successAgent)
        var run = Self.run(by: user, "in_progress")
        try await stage.follow(run, "created")
        #expect(try await stage.notifiers(of: run.id).first?.step == nil)
        // It stands, and goes on: nobody is told of that.
        (run.step, run.stepKo) = ("Create: Touchpoint", "접점 생성")
        try await stage.follow(run)
        let standing = try #require(try await stage.notifiers(of: run.id).first)
        #expect(standing.step == "Create: Touchpoint" && standing.stepKo == "접점 생성" && standing.attempt == 1)
        (run.step, run.stepKo) = (nil, nil)
        try await stage.follow(run)
        let going = try #require(try await stage.notifiers(of: run.id).first)
        #expect(going.step == nil && going.status == "in_progress")
        #expect(try await stage.notifications(of: user).map(\.kind) == ["play_started"])
    }

    /// Each failure is told to who launched and to who may have the run go on: once, however often one hears of it.
    @Test func failuresAreToldOnce() async throws {
        let stage = try await Stage()
        let launcher = try await stage.meet(successAgent)
        let administrator = try await stage.meet(Self.administrator, language: "ko")
        let elsewhere = try await stage.meet(Self.administrator, domain: "/provider/d0000002/")
        let colleague = try await stage.meet(successAgent)
        var run = Self.run(by: launcher, "in_progress")
        try await stage.follow(run, "created")
        (run.state, run.step, run.stepKo) = ("failed", "Create: Touchpoint", "접점 생성")
        (run.message, run.messageEn, run.messageKo) = ("Not you.", "Not you.", "안 됩니다.")
        for _ in 0..<3 { try await stage.follow(run) }
        let failed = try #require(try await stage.notifiers(of: run.id).first)
        #expect(failed.status == "failed" && failed.step == "Create: Touchpoint")
        #expect(try await stage.notifications(of: launcher).map(\.kind) == ["play_started", "play_failed"])
        let told = try await stage.notifications(of: administrator)
        #expect(told.map(\.kind) == ["play_failed"] && told[0].body == "안 됩니다.")
        #expect(told[0].subject == "성공 플레이 ‘다음 검토’가 실패했습니다.")
        #expect(told[0].sourceTable == "flow_run" && told[0].sourceRecord == run.id)
        #expect(try await stage.mails(to: launcher).map(\.template) == ["play-failed"])
        #expect(try await stage.mails(to: administrator).isEmpty)
        for nobody in [elsewhere, colleague] { #expect(try await stage.notifications(of: nobody).isEmpty) }
        // Taken up again it is at work; what is heard of before is old.
        let old = run
        (run.state, run.attempt, run.step, run.stepKo, run.message) = ("in_progress", 2, nil, nil, nil)
        try await stage.follow(run)
        try await stage.follow(old)
        let again = try #require(try await stage.notifiers(of: run.id).first)
        #expect(again.status == "in_progress" && again.attempt == 2 && again.step == nil && again.message == nil)
        #expect(try await stage.notifications(of: launcher).count == 2, "who had it go on knows")
        // Another failure is another one.
        (run.state, run.message) = ("failed", "Not you.")
        for _ in 0..<2 { try await stage.follow(run) }
        #expect(
            try await stage.notifications(of: launcher).map(\.kind) == ["play_started", "play_failed", "play_failed"])
        #expect(try await stage.notifications(of: administrator).count == 2)
        (run.state, run.attempt) = ("completed", 3)
        try await stage.follow(run)
        #expect(try await stage.notifiers(of: run.id).map(\.status) == ["completed"])
    }

    /// Who canceled a run knows; who launched it is told when it was somebody else.
    @Test func aCanceledRunIsToldToWhoLaunchedIt() async throws {
        let stage = try await Stage()
        let (launcher, other) = (try await stage.meet(successAgent), try await stage.meet(Self.administrator))
        for (by, kinds) in [(launcher, ["play_started"]), (other, ["play_started", "play_canceled", "play_started"])] {
            var run = Self.run(by: launcher, "in_progress")
            try await stage.follow(run, "created")
            run.canceledBy = by
            // Asked for, and then done.
            try await stage.follow(run)
            (run.state, run.message) = ("canceled", "Not wanted.")
            (run.messageEn, run.messageKo) = ("Not wanted.", "필요 없음.")
            for _ in 0..<2 { try await stage.follow(run) }
            let notifier = try #require(try await stage.notifiers(of: run.id).first)
            #expect(notifier.status == "canceled" && notifier.message == "Not wanted.")
            let told = try await stage.notifications(of: launcher).compactMap(\.kind)
            #expect(told.sorted() == kinds.sorted())
        }
        #expect(try await stage.notifications(of: other).isEmpty)
        #expect(try await stage.mails(to: launcher).isEmpty)
    }
}
