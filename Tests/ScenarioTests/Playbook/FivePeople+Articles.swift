import ImportValidationWire
import JourneyKit
import OnboardingWire
import PlayLauncherWire
import RPC
import RecommendedActionsWire
import Testing
import Wire

/// Articles: who reads, finds and shares them, and which of them a play relates to the tasks of Service Bridge.
extension FivePeople {
    /// The title of an article, as these people read it.
    func title(of text: KnowledgeText) -> String { cast.language == "ko" ? text.titleKo : text.title }

    func readAbout(
        _ installation: LifecycleTask, _ registration: LifecycleTask, _ further: LifecycleTask
    ) async throws {
        try await findArticles()
        try await publishArticle()
        try await shareGuide()
        try await launchArticles(onto: [installation, registration], notOnto: further)
        try await relateByHand(further)
    }

    private func findArticles() async throws {
        var search = SearchKnowledgeRequest()
        search.query = cast.language == "ko" ? "원격 카탈로그" : "remote catalog"
        let found = try await ask(OnboardingAPI.searchKnowledge, search, as: cast.analyst).articles
        #expect(found.contains { $0.key == "remote_record_producer" } && found.count < 11, "\(found)")
        #expect(found.allSatisfy { cast.reads(title(of: $0)) }, "\(found)")
        try await refuse(cast.contact, OnboardingAPI.searchKnowledge, search, .permissionDenied)
        var reading = ReadKnowledgeRequest()
        reading.key = "consumer_guide"
        let guide = try await ask(OnboardingAPI.readKnowledge, reading, as: cast.analyst)
        #expect(cast.reads(cast.language == "ko" ? guide.bodyKo : guide.body))
    }

    /// An article of the administrator's is found once it is published, by words of both languages, and no more when it is
    /// withdrawn.
    private func publishArticle() async throws {
        var creation = CreateKnowledgeArticleRequest()
        var draft = KnowledgeArticle()
        (draft.key, draft.title, draft.titleKo) = ("firewall_\(cast.language)", "Firewall zzrules", "방화벽 규칙뷁")
        (draft.body, draft.bodyKo) = ("Which ports to open.", "열어야 할 포트입니다.")
        creation.knowledgeArticle = draft
        try await refuse(cast.manager, OnboardingAPI.createKnowledgeArticle, creation, .permissionDenied)
        let made = try await ask(OnboardingAPI.createKnowledgeArticle, creation, as: cast.administrator)
        #expect(made.state == KnowledgeArticle.State.draft)
        func found() async throws -> [[String]] {
            var ids: [[String]] = []
            for word in ["zzrules", "칙뷁"] {
                var search = SearchKnowledgeRequest()
                search.query = word
                ids.append(
                    try await ask(OnboardingAPI.searchKnowledge, search, as: cast.analyst).articles.map(\.article))
            }
            return ids
        }
        #expect(try await found() == [[], []])
        var action = ActionRequest()
        action.id = made.id
        try await refuse(cast.manager, OnboardingAPI.publishKnowledgeArticle, action, .permissionDenied)
        let published = try await ask(OnboardingAPI.publishKnowledgeArticle, action, as: cast.administrator)
        #expect(published.version == 1)
        #expect(try await found() == [[made.id], [made.id]])
        _ = try await ask(OnboardingAPI.withdrawKnowledgeArticle, action, as: cast.administrator)
        #expect(try await found() == [[], []])
    }

    /// The customer reads the guide once it is shared, and before that learns nothing of it.
    private func shareGuide() async throws {
        var (shared, reading, page) = (
            KnowledgeOfRecordRequest(), ReadKnowledgeRequest(), GetPortalCaseRequest()
        )
        (shared.table, shared.record) = ("onboarding_case", onboarding.id)
        (reading.key, page.id) = ("consumer_guide", onboarding.id)
        try await refuse(cast.contact, OnboardingAPI.readKnowledge, reading, .notFound)
        let guide = try await ask(OnboardingAPI.readKnowledge, reading, as: cast.manager).article
        var link = KnowledgeLink()
        (link.article, link.purpose, link.onboardingCase) = (guide, KnowledgeLink.Purpose.shared, onboarding.id)
        try await refuse(cast.contact, OnboardingAPI.createKnowledgeLink, creation(link), .permissionDenied)
        _ = try await ask(OnboardingAPI.createKnowledgeLink, creation(link), as: cast.manager)
        let listed = try await ask(OnboardingAPI.listSharedKnowledge, shared, as: cast.contact).articles
        #expect(listed.map(\.article) == [guide])
        #expect(try await ask(OnboardingAPI.readKnowledge, reading, as: cast.contact).article == guide)
        let articles = try await ask(OnboardingAPI.getPortalCase, page, as: cast.contact).articles
        #expect(articles.map(\.article) == [guide] && articles.allSatisfy { cast.reads($0.title) }, "\(articles)")
        // With a contact it is shared wherever that person looks.
        try await refuse(cast.expert, OnboardingAPI.readKnowledge, reading, .notFound)
        (link.onboardingCase, link.contact) = (nil, cast.expert.contact)
        _ = try await ask(OnboardingAPI.createKnowledgeLink, creation(link), as: cast.manager)
        #expect(try await ask(OnboardingAPI.readKnowledge, reading, as: cast.expert).article == guide)
    }

    private func creation(_ link: KnowledgeLink) -> CreateKnowledgeLinkRequest {
        var request = CreateKnowledgeLinkRequest()
        request.knowledgeLink = link
        return request
    }

    private func related(to task: LifecycleTask) async throws -> [KnowledgeText] {
        var request = KnowledgeOfRecordRequest()
        (request.table, request.record) = ("lifecycle_task", task.id)
        return try await ask(OnboardingAPI.listRelatedKnowledge, request, as: cast.manager).articles
    }

    /// The keys of the articles that a link relates to a task, and no rule.
    private func linked(to task: LifecycleTask) async throws -> [String] {
        try await related(to: task).filter { !$0.link.isEmpty }.map(\.key).sorted()
    }

    /// F-05 links the articles of Service Bridge, in whichever language the tasks are named, to those that name it.
    private func launchArticles(onto tasks: [LifecycleTask], notOnto further: LifecycleTask) async throws {
        for task in tasks { #expect(try await linked(to: task).isEmpty) }
        let entries: [DefinitionRecord] = try await list(
            PlayLauncherAPI.listDefinitionRecords, "title : \"Attach Knowledge Article\"", as: cast.administrator)
        var launch = LaunchPlayRequest()
        launch.definitionRecord = try #require(entries.first).id
        (launch.sourceTable, launch.sourceRecord) = ("onboarding_case", onboarding.id)
        launch.answers = "{}"
        let run = try await ask(PlayLauncherAPI.launchPlay, launch, as: cast.administrator)
        let ended = try await world.eventually("the end of the play") { () -> FlowRun? in
            let run = try await get(PlayLauncherAPI.getFlowRun, run.id, as: cast.administrator)
            return ["completed", "failed", "held"].contains(run.state ?? "") ? run : nil
        }
        #expect(ended.state == "completed", "\(ended.message ?? "")")
        for task in tasks {
            #expect(
                try await linked(to: task)
                    == ["consumer_guide", "remote_choice", "remote_record_producer", "remote_task_sync"])
        }
        // The task of the option has what rules relate to it.
        #expect(try await linked(to: further).isEmpty)
        #expect(
            Set(try await related(to: further).map(\.key))
                == (option == "remote_task" ? ["remote_task_sync"] : ["remote_choice", "remote_record_producer"]))
    }

    private func relateByHand(_ task: LifecycleTask) async throws {
        var reading = ReadKnowledgeRequest()
        reading.key = "activity_definition"
        var link = KnowledgeLink()
        link.article = try await ask(OnboardingAPI.readKnowledge, reading, as: cast.analyst).article
        (link.purpose, link.lifecycleTask) = (KnowledgeLink.Purpose.related, task.id)
        let made = try await ask(OnboardingAPI.createKnowledgeLink, creation(link), as: cast.analyst)
        #expect(try await linked(to: task) == ["activity_definition"])
        var removal = DeleteRequest()
        removal.id = made.id
        _ = try await ask(OnboardingAPI.detachKnowledge, removal, as: cast.analyst)
        #expect(try await linked(to: task).isEmpty)
    }

    // MARK: Cannot read

    /// Cards of import tasks lead to an article of another service, which says to whom (G-100, G-132): as long as agents are
    /// kept from it, theirs do not.
    func followImportCards(_ task: ImportTask) async throws {
        #expect(try await importLinks(task, as: cast.analyst) == ["complete_import_task"])
        let articles: [KnowledgeArticle] = try await list(
            OnboardingAPI.listKnowledgeArticles, "key = \"complete_import_task\"", as: cast.administrator)
        let article = try #require(articles.first)
        try await keep(["sn_acct_lc.agent"], from: article)
        #expect(try await importLinks(task, as: cast.analyst).isEmpty)
        #expect(try await importLinks(task, as: cast.administrator) == ["complete_import_task"])
        try await keep([], from: article)
        #expect(try await importLinks(task, as: cast.analyst) == ["complete_import_task"])
    }

    private func keep(_ roles: [String], from article: KnowledgeArticle) async throws {
        var update = UpdateKnowledgeArticleRequest()
        update.knowledgeArticle = KnowledgeArticle()
        update.knowledgeArticle?.id = article.id
        update.knowledgeArticle?.cannotRead = roles
        update.updateMask = FieldMask(paths: [KnowledgeArticle.Field.cannotRead.rawValue])
        try await refuse(cast.analyst, OnboardingAPI.updateKnowledgeArticle, update, .permissionDenied)
        _ = try await ask(OnboardingAPI.updateKnowledgeArticle, update, as: cast.administrator)
    }

    /// Where the three cards of an import task (RA-08 to RA-10) lead somebody; by the tree of 7.2, its instructions, too.
    private func importLinks(_ task: ImportTask, as person: Person) async throws -> Set<String> {
        var (show, answer) = (ShowRecommendedActionsRequest(), AnswerDecisionTreeRequest())
        (show.table, show.record) = ("import_task", task.id)
        (answer.table, answer.record, answer.recommendation) = ("import_task", task.id, "troubleshoot_import")
        answer.answers = ["yes", "publish_failed"]
        let cards = try await ask(ImportValidationAPI.showRecommendedActions, show, as: person).cards
        #expect(cards.map(\.recommendation) == ["complete_import", "troubleshoot_import"], "\(cards)")
        #expect(cards.allSatisfy { cast.reads(said($0.label)) && cast.reads(said($0.text)) }, "\(cards)")
        let place = try await ask(ImportValidationAPI.answerDecisionTree, answer, as: person)
        #expect(place.step == "instructions" && place.instructions.allSatisfy { cast.reads(said($0.text)) })
        let (steps, instructions) = (cards.flatMap(\.steps), place.instructions)
        #expect(steps.flatMap(\.links).isEmpty == instructions.flatMap(\.links).isEmpty)
        return Set((steps + instructions).flatMap(\.links).map(\.article))
    }
}
