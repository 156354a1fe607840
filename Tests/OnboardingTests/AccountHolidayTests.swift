import OnboardingWire
import Postgres
import RPC
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// The days on which nobody works.
@Suite struct AccountHolidayTests {
    @Test func aHolidayIsThereOnce() async throws {
        let stage = try await DateStage()
        try await stage.holiday("2026-12-25")
        var request = CreateAccountHolidayRequest()
        request.accountHoliday = AccountHoliday()
        request.accountHoliday?.account = stage.world.account.id
        request.accountHoliday?.day = "2026-12-25"
        request.accountHoliday?.name = "Again"
        let twice = await stage.world.problem(OnboardingAPI.createAccountHoliday, request, as: stage.stage.agent)
        #expect(twice?.violations.first?.rule == "D-203" || twice?.reason == "D-203", "\(twice as Any)")
        // Customers see those of their account, and change none (D-204).
        let customer = try stage.world.customer()
        let seen = try await stage.world.call(OnboardingAPI.listAccountHolidays, ListRequest(), as: customer)
        #expect(seen.accountHolidays.map(\.day) == ["2026-12-25"] && seen.accountHolidays[0].name == "Founding day")
        request.accountHoliday?.day = "2026-12-26"
        #expect(
            await stage.world.problem(OnboardingAPI.createAccountHoliday, request, as: customer)?.code
                == .permissionDenied)
    }

    /// They are those of the account: the dates of others take no notice.
    @Test func holidaysOfAnotherAccountCountNothing() async throws {
        let stage = try await DateStage()
        let own = try await stage.task(due: "2026-06-26")
        let other = try await DateStage()
        #expect(other.world.account.id != stage.world.account.id)
        try await other.holiday("2026-07-02")
        try await other.holiday("2026-07-06")
        #expect(try await stage.preview(goLive: "2026-07-07").item(own.id).after == "2026-07-03")
        try await stage.holiday("2026-07-06")
        #expect(try await stage.preview(goLive: "2026-07-07").item(own.id).after == "2026-07-02")
    }

    @Test func thereIsAMostOfThem() async throws {
        let stage = try await DateStage()
        _ = try await stage.world.server.admin.run(
            """
            INSERT INTO onboarding.account_holiday \
            (id, revision, created_at, created_by, updated_at, updated_by, domain, account, day, name) \
            SELECT gen_random_uuid(), 1, now(), 'x', now(), 'x', \(stage.world.account.domain), \
            \(stage.world.account.id)::uuid, '2026-01-01'::date + n, 'H' FROM generate_series(1, 1000) n
            """)
        var request = CreateAccountHolidayRequest()
        request.accountHoliday = AccountHoliday()
        request.accountHoliday?.account = stage.world.account.id
        request.accountHoliday?.name = "One more"
        request.accountHoliday?.day = "2035-01-01"
        let problem = await stage.world.problem(OnboardingAPI.createAccountHoliday, request, as: stage.stage.agent)
        #expect(problem?.reason == "HOLIDAY_LIMIT")
    }
}
