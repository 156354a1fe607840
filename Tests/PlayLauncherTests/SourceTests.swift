import NotifierWire
import Testing
import Wire

@testable import PlayLauncherService

/// From which records plays are launched is declared beside the records.
@Suite struct SourceTests {
    @Test func theTablesThatLaunchPlays() {
        #expect(
            Set(PlaySource.schemas.map(\.table)) == [
                "engagement", "success_initiative", "success_objective", "touchpoint", "success_case", "internal_play",
                "risk_signal", "onboarding_case", "customer_account",
            ])
    }

    /// What follows a play can name whatever it was launched from.
    @Test func theNotifierNamesTheSameTables() throws {
        let field = try #require(SuccessLauncherNotifier.schema.field("source_record"))
        #expect(
            Set((field.reference ?? "").split(separator: " | ").map(String.init))
                == Set(PlaySource.schemas.map(\.table)))
    }
}
