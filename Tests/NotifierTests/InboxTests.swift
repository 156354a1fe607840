import NotifierWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import NotifierService

/// What a person's inbox shows.
@Suite struct InboxTests {
    private static func filled(_ count: Int) async throws -> (Stage, Credential) {
        let stage = try await Stage.shared.value
        let user = try await stage.meet(successAgent)
        let database = stage.database
        let context = WriteContext.system(Notifier.name, domain: .root, now: database.clock.now)
        try await stage.inside("/") { tx in
            for number in 1...count {
                var notification = InAppNotification()
                notification.domain = "/provider/"
                notification.user = user
                notification.subject = "Number \(number)"
                _ = try Store<InAppNotification>(database).create(notification, context, in: tx)
            }
        }
        return (stage, CallerTokens.credential(.holding(successAgent, subject: user)))
    }

    @Test func theFirstPageIsTheNewest() async throws {
        let (stage, reader) = try await Self.filled(60)
        let page = try await stage.client.call(NotifierAPI.listInAppNotifications, ListRequest(), as: reader)
        #expect(page.inAppNotifications.map(\.subject) == (11...60).reversed().map { "Number \($0)" })
    }

    @Test func pagesGoBackInTime() async throws {
        let (stage, reader) = try await Self.filled(23)
        var request = ListRequest()
        request.pageSize = 7
        var seen: [String?] = []
        repeat {
            let page = try await stage.client.call(NotifierAPI.listInAppNotifications, request, as: reader)
            seen += page.inAppNotifications.map(\.subject)
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty && seen.count < 100
        #expect(seen == (1...23).reversed().map { "Number \($0)" })
    }

    /// A token of the newest first goes on in that order, and in no other.
    @Test func aPageTokenKeepsItsOrder() async throws {
        let (stage, reader) = try await Self.filled(3)
        var request = ListRequest()
        request.pageSize = 1
        request.pageToken =
            try await stage.client.call(NotifierAPI.listInAppNotifications, request, as: reader).nextPageToken
        request.orderBy = "id"
        await #expect(throws: Problem.self) {
            try await stage.client.call(NotifierAPI.listInAppNotifications, request, as: reader)
        }
        request.pageToken = ""
        let oldest = try await stage.client.call(NotifierAPI.listInAppNotifications, request, as: reader)
        #expect(oldest.inAppNotifications.map(\.subject) == ["Number 1"])
    }
}
