import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// The backup period and the backup job as administrators set them (G-67, G-68).
@Suite struct SystemPropertyTests {
    private func create(
        _ name: String, _ value: String, as caller: Caller, _ stage: Stage
    ) async throws(Problem) -> SystemProperty {
        var request = CreateSystemPropertyRequest()
        request.systemProperty = SystemProperty()
        request.systemProperty?.name = name
        request.systemProperty?.value = value
        return try await stage.call(ImportValidationAPI.createSystemProperty, request, as: caller)
    }

    @Test func theMisprintIsTheSameProperty() async throws {
        let stage = try await Stage()
        let admin = Caller.holding("admin", domain: stage.domain)
        let made = try await create("sn_accct_lc.BackupDays", "2", as: admin, stage)
        #expect(made.name == "sn_acct_lc.BackupDays" && made.value == "2" && made.domain == stage.domain)
        for name in BackupPeriod.names {
            let again = await problem { () async throws(Problem) in try await create(name, "3", as: admin, stage) }
            #expect(again?.reason == "G-68", "\(again as Any)")
        }
        let other = await problem { () async throws(Problem) in try await create("glide.x", "3", as: admin, stage) }
        #expect(other?.reason == "G-68" && other?.violations.map(\.field) == ["system_property.name"])
    }

    @Test(arguments: ["0", "-1", "1.5", "x", "02", "3651", "99999", "１"])
    func daysAreWholeAndAtLeastOne(_ value: String) async throws {
        let stage = try await Stage()
        let admin = Caller.holding("admin", domain: stage.domain)
        let refused = await problem { () async throws(Problem) in
            try await create(BackupPeriod.name, value, as: admin, stage)
        }
        #expect(refused?.reason == "G-67" && refused?.violations.map(\.field) == ["system_property.value"])
        #expect(BackupPeriod.days(value) == nil && BackupPeriod.days("3650") == 3_650)
    }

    /// Administrators set them, each for the own domain; it holds below, where it is seen and not changed.
    @Test func administratorsSetThem() async throws {
        let stage = try await Stage()
        let below = stage.domain + "e1/"
        let admin = Caller.holding("admin", domain: stage.domain)
        let property = try await create(BackupPeriod.name, "2", as: admin, stage)
        for caller in [stage.agent, stage.customer] {
            let refused = await problem { () async throws(Problem) in
                try await create(BackupPeriod.name, "2", as: caller, stage)
            }
            #expect(refused?.code == .permissionDenied)
            let hidden = await stage.bench.problem(
                ImportValidationAPI.getSystemProperty, Stage.named(property.id), as: caller)
            #expect(hidden?.code == .permissionDenied)
        }
        var update = UpdateSystemPropertyRequest()
        update.systemProperty = SystemProperty()
        update.systemProperty?.id = property.id
        update.systemProperty?.value = "9"
        let lower = Caller.holding("admin", domain: below)
        let seen = try await stage.call(ImportValidationAPI.getSystemProperty, Stage.named(property.id), as: lower)
        #expect(seen.value == "2")
        let fixed = await stage.bench.problem(ImportValidationAPI.updateSystemProperty, update, as: lower)
        #expect(fixed?.code == .permissionDenied || fixed?.code == .notFound, "\(fixed as Any)")
        let stranger = Caller.holding("admin", domain: "/provider/elsewhere/")
        let unknown = await stage.bench.problem(
            ImportValidationAPI.getSystemProperty, Stage.named(property.id), as: stranger)
        #expect(unknown?.code == .notFound)
        #expect(try await stage.call(ImportValidationAPI.updateSystemProperty, update, as: admin).value == "9")
    }

    /// The job comes inactive, once for a domain.
    @Test func theJobComesInactive() async throws {
        let stage = try await Stage()
        let admin = Caller.holding("admin", domain: stage.domain)
        let shipped = try await stage.call(ImportValidationAPI.listStagingBackups, ListRequest(), as: admin)
        let job = try #require(shipped.stagingBackups.first { $0.domain == "/provider/" })
        #expect(job.name == "Scheduled staging data backup job" && job.active == false)
        let own = CreateStagingBackupRequest()
        #expect(try await stage.call(ImportValidationAPI.createStagingBackup, own, as: admin).active == false)
        let again = await stage.bench.problem(ImportValidationAPI.createStagingBackup, own, as: admin)
        #expect(again?.reason == "G-80")
        let agent = await stage.bench.problem(ImportValidationAPI.createStagingBackup, own, as: stage.agent)
        #expect(agent?.code == .permissionDenied)
    }
}
