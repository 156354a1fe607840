import ImportValidationWire
import OnboardingWire
import RPC
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService
@testable import Records

/// Articles linked with an import task, which is another service's: the links go with it.
@Suite(.timeLimit(.minutes(15))) struct LinkedTaskTests {
    /// An import task with an article related to it and one shared on it; beside it another one that is linked as well.
    private struct Linked {
        let world: World
        let task: ImportTask
        let other: ImportTask

        init(_ server: Server) async throws {
            world = try await World(server)
            let record = try await world.openCase()
            task = try await LandingPageTests.hearImportTask(of: record, world)
            other = try await LandingPageTests.hearImportTask(of: record, world)
            var creation = CreateKnowledgeArticleRequest()
            var article = KnowledgeArticle()
            article.key = "a" + uuid().filter { $0 != "-" }
            (article.title, article.body) = ("Title", "Body")
            creation.knowledgeArticle = article
            let made = try await world.call(OnboardingAPI.createKnowledgeArticle, creation, as: world.administrator)
            var publication = ActionRequest()
            publication.id = made.id
            _ = try await world.call(OnboardingAPI.publishKnowledgeArticle, publication, as: world.administrator)
            for (id, purpose) in [(task.id, "related"), (task.id, "shared"), (other.id, "shared")] {
                #expect(await Self.link(made.id, id, purpose, world) == nil)
            }
        }

        static func link(_ article: String, _ task: String, _ purpose: String, _ world: World) async -> Problem? {
            var request = CreateKnowledgeLinkRequest()
            request.knowledgeLink = KnowledgeLink()
            request.knowledgeLink?.article = article
            request.knowledgeLink?.purpose = purpose
            request.knowledgeLink?.importTask = task
            return await world.problem(OnboardingAPI.createKnowledgeLink, request, as: world.agent)
        }

        /// The links of a task.
        func links(of task: ImportTask) async throws -> [KnowledgeLink] {
            var request = ListRequest()
            request.filter = "import_task = \"\(task.id)\""
            return try await world.call(OnboardingAPI.listKnowledgeLinks, request, as: world.administrator)
                .knowledgeLinks
        }
    }

    @Test func theyGoWhenTheTaskIsDeleted() async throws {
        let linked = try await Linked(try await Server.shared.value)
        #expect(try await linked.links(of: linked.task).count == 2)
        try await linked.world.server.hear(linked.task, "deleted", revision: 2, from: "import-validation")
        #expect(try await linked.links(of: linked.task).isEmpty)
        #expect(try await linked.links(of: linked.other).count == 1)
        // What arrives late brings neither the copy nor a link back.
        try await linked.world.server.hear(linked.task, "updated", revision: 3, from: "import-validation")
        let link = try #require(try await linked.links(of: linked.other).first)
        let problem = await Linked.link(link.article ?? "", linked.task.id, "related", linked.world)
        #expect(problem?.violations.map(\.field) == ["knowledge_link.import_task"])
    }

    /// An event that was lost: the copies are compared with their owner, who has one of the two.
    @Test func theyGoWhenTheCopiesAreCompared() async throws {
        let server = try await Server.start()
        let linked = try await Linked(server)
        let kept = linked.other
        try await server.bench.standIn(
            for: "import-validation",
            [
                Endpoint(ImportValidationAPI.getImportTask) { _, request async throws(Problem) in
                    guard request.id == kept.id else { throw .notFound(ImportTask.schema.label, id: request.id) }
                    return kept
                },
                Endpoint(ImportValidationAPI.listImportTasks) { _, _ async throws(Problem) in
                    var response = ListImportTasksResponse()
                    response.importTasks = [kept]
                    return response
                },
            ])
        let replicas = Onboarding.replicas(server.database, server.client)
        try await replicas.ask(for: ImportTask.schema.table, by: linked.world.administrator)
        while try await replicas.rebuildNext() {}
        #expect(try await linked.links(of: linked.task).isEmpty)
        #expect(try await linked.links(of: kept).count == 1)
    }
}
