import Flows
import PlayLauncherWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// The launcher pages and the launch.
@Suite struct LaunchTests {
    private static let review = "Setup Next Quarterly Business Review"

    @Test func categoriesAreThoseWithPublishedEntries() async throws {
        let stage = try await Stage()
        var request = ListPlayCategoriesRequest()
        request.sourceTable = "engagement"
        let page = try await stage.call(
            PlayLauncherAPI.listPlayCategories, request, as: try person(successAgent, locale: "ko"))
        #expect(page.categories.map(\.value) == ["risk_management", "success_planning", "success_support"])
        #expect(page.categories.map(\.label) == ["위험 관리", "성공 계획 수립", "성공 지원"])
        // Two of the eighteen are launched from onboarding cases only.
        #expect(page.categories.flatMap { $0.entries + $0.subcategories.flatMap(\.entries) }.count == 16)
        #expect(page.categories[2].entries.last?.title == "다음 분기 비즈니스 리뷰(QBR) 준비")
        request.sourceTable = "success_task"
        let wrong = await stage.problem(PlayLauncherAPI.listPlayCategories, request, as: try person(successAgent))
        #expect(wrong?.reason == "G-75")
        request.sourceTable = "engagement"
        let viewer = try person("sn_acct_lc.ale_success_viewer")
        let refused = await stage.problem(PlayLauncherAPI.listPlayCategories, request, as: viewer)
        #expect(refused?.code == .permissionDenied)
    }

    /// The play that begins a further onboarding stands under its subcategory, and asks for what it needs (G-80).
    @Test func aFurtherOnboardingIsOfferedUnderItsSubcategory() async throws {
        // Of its own: what other tests publish is offered as well.
        let stage = try await Stage()
        var request = ListPlayCategoriesRequest()
        request.sourceTable = "onboarding_case"
        for (locale, names) in [("en", ["Onboarding", "Onboarding case"]), ("ko", ["온보딩", "온보딩 케이스"])] {
            let caller = try person(successAgent, locale: locale)
            let page = try await stage.call(PlayLauncherAPI.listPlayCategories, request, as: caller)
            let category = try #require(page.categories.first { $0.value == "onboarding" })
            #expect(category.entries.isEmpty && category.subcategories.count == 1)
            #expect([category.label, category.subcategories.first?.name] == names)
            #expect(category.subcategories.first?.entries.count == 1)
        }
        var describe = DescribePlayRequest()
        describe.definitionRecord = try await stage.entry("Initiate a new onboarding journey").id
        let play = try await stage.call(PlayLauncherAPI.describePlay, describe, as: try person(successAgent))
        let types = Dictionary(uniqueKeysWithValues: play.questions.map { ($0.name, $0.type) })
        #expect(types["account"] == "reference:customer_account" && types["products"] == "references:sold_product")
    }

    /// Every record of a list of them is named by an id.
    @Test func productsAreNamedByIds() throws {
        let entry = try #require(PlaySeed.entries.last)
        let flow = try FlowSource.compile(yaml: #require(PlaySeed.yaml(entry.flow)))
        let schema = try PlaySource.schema(of: "onboarding_case")
        let source = PlaySource(schema: schema, id: uuid(), domain: .root, record: ["products": [.string(uuid())]])
        let caller = try person(successAgent)
        #expect(try Plays.answers("{}", flow, source, caller)["products"]?.array?.count == 1)
        let problem = #expect(throws: Problem.self) {
            try Plays.answers(#"{"products": ["\#(uuid())", "Analytics"]}"#, flow, source, caller)
        }
        #expect(problem?.violations.map(\.field) == ["answers.products"])
    }

    /// Steps are done with the rights of whoever launches: what these do not suffice for is not offered, nor begun.
    @Test func aPlayThatTheRolesCannotCarryOutIsNotOffered() async throws {
        let stage = try await Stage.shared.value
        // May launch, and work on touchpoints alone.
        var caller = try person("sn_acct_lc.touchpoint_write", locale: "ko")
        let launching = RoleCatalog.all.filter { role in
            RoleCatalog.isGrantable(role.name) && !role.isExternal
                && Access.allows(RoleCatalog.close([role.name]), .create, on: FlowRun.schema.table)
                && !Access.allows(RoleCatalog.close([role.name]), .create, on: "success_case")
        }
        let launcher = try #require(launching.first { $0.name != "admin" }, "no role launches without making cases")
        caller.roles.formUnion(RoleCatalog.close([launcher.name]))
        var request = ListPlayCategoriesRequest()
        request.sourceTable = "engagement"
        let page = try await stage.call(PlayLauncherAPI.listPlayCategories, request, as: caller)
        let offered = Set(page.categories.flatMap { $0.entries + $0.subcategories.flatMap(\.entries) }.map(\.title))
        let whole = try await stage.call(
            PlayLauncherAPI.listPlayCategories, request, as: try person("admin", locale: "ko"))
        let all = Set(whole.categories.flatMap { $0.entries + $0.subcategories.flatMap(\.entries) }.map(\.title))
        #expect(offered.isStrictSubset(of: all))
        #expect(offered.contains("다음 분기 비즈니스 리뷰(QBR) 준비"))
        #expect(!offered.contains("자문 세션: 아키텍처 최적화"))
        let refused = await #expect(throws: Problem.self) {
            try await stage.launch("Advisory Session: Optimize Architecture", from: uuid(), as: caller)
        }
        #expect(refused?.code == .permissionDenied && refused?.reason == "PLAY_RIGHTS")
        #expect(refused?.text.ko.contains("성공 케이스") == true)
    }

    @Test func questionsComeInTheCallersLanguage() async throws {
        let stage = try await Stage.shared.value
        let caller = try person(successAgent, locale: "ko")
        var request = DescribePlayRequest()
        request.definitionRecord = try await stage.entry(Self.review).id
        let page = try await stage.call(PlayLauncherAPI.describePlay, request, as: caller)
        let date = try #require(page.questions.first { $0.name == "meeting_date" })
        #expect(date.label == "회의일" && date.type == "date" && date.mandatory)
        #expect(page.questions.first { $0.name == "assigned_to" }?.default == caller.subject)
        #expect(page.questions.first { $0.name == "subject" }?.default == "다음 분기 비즈니스 리뷰(QBR) 준비")
        let english = try await stage.call(PlayLauncherAPI.describePlay, request, as: try person(successAgent))
        #expect(english.questions.first { $0.name == "subject" }?.default == "Setup next Quarterly Business Review")
    }

    @Test func wrongAnswersNameTheirQuestions() async throws {
        let stage = try await Stage.shared.value
        let caller = try person(successAgent)
        func fields(_ answers: String) async throws -> [String] {
            do {
                _ = try await stage.launch(Self.review, answers, from: uuid(), as: caller)
                return []
            } catch let problem as Problem {
                return problem.violations.map(\.field)
            }
        }
        #expect(try await fields("{}") == ["answers.meeting_date"])
        #expect(try await fields("[]") == ["answers"])
        #expect(try await fields(#"{"meeting_date": "2027-02-30", "x": 1}"#) == ["answers.meeting_date", "answers.x"])
        #expect(try await fields(#"{"meeting_date": "2027-03-31", "contact": "me"}"#) == ["answers.contact"])
    }

    @Test func theSourceRecordMustBeReadable() async throws {
        let stage = try await Stage.shared.value
        let stranger = try person(successAgent, domain: "/elsewhere/")
        var request = BeginPlayRequest()
        request.sourceTable = "engagement"
        request.sourceRecord = uuid()
        #expect(await stage.problem(PlayLauncherAPI.beginPlay, request, as: stranger)?.code == .notFound)
        let viewer = try person("sn_acct_lc.ale_success_viewer")
        #expect(await stage.problem(PlayLauncherAPI.beginPlay, request, as: viewer)?.code == .permissionDenied)
    }

    @Test func aRunIsBegunLaunchedOnceAndByItsRequesterAlone() async throws {
        let stage = try await Stage.shared.value
        let caller = try person(successAgent)
        var begin = BeginPlayRequest()
        begin.sourceTable = "engagement"
        begin.sourceRecord = uuid()
        let begun = try await stage.call(PlayLauncherAPI.beginPlay, begin, as: caller)
        #expect(begun.state == "started" && begun.domain == StandIn.domain && begun.requestedBy == caller.subject)
        #expect(begun.engagement == begin.sourceRecord)
        var launch = LaunchPlayRequest()
        launch.flowRun = begun.id
        launch.definitionRecord = try await stage.entry(Self.review).id
        launch.answers = #"{"meeting_date": "2027-03-31"}"#
        let other = try person(successAgent)
        #expect(await stage.problem(PlayLauncherAPI.launchPlay, launch, as: other)?.code == .notFound)
        #expect(try await stage.call(PlayLauncherAPI.launchPlay, launch, as: caller).state == "in_progress")
        let again = await stage.problem(PlayLauncherAPI.launchPlay, launch, as: caller)
        #expect(again?.code == .failedPrecondition)
        #expect(try await stage.end(of: begun.id).state == "completed")
    }

    /// No play begins on what is closed or canceled, neither at once nor from a page that was opened before (G-128).
    @Test(arguments: ["closed", "canceled"])
    func nothingBeginsOnWhatHasEnded(state: String) async throws {
        let stage = try await Stage.shared.value
        let caller = try person(successAgent, locale: "ko")
        let source = uuid()
        var begin = BeginPlayRequest()
        begin.sourceTable = "engagement"
        begin.sourceRecord = source
        let begun = try await stage.call(PlayLauncherAPI.beginPlay, begin, as: caller)
        stage.owner.end(source, state)
        var launch = LaunchPlayRequest()
        launch.definitionRecord = try await stage.entry(Self.review).id
        launch.answers = #"{"meeting_date": "2027-03-31"}"#
        var whole = launch
        launch.flowRun = begun.id
        whole.sourceTable = "engagement"
        whole.sourceRecord = source
        let met = [
            await stage.problem(PlayLauncherAPI.beginPlay, begin, as: caller),
            await stage.problem(PlayLauncherAPI.launchPlay, launch, as: caller),
            await stage.problem(PlayLauncherAPI.launchPlay, whole, as: caller),
        ]
        #expect(
            met.allSatisfy {
                $0?.code == .failedPrecondition && $0?.reason == "G-128" && $0?.text.ko.contains("참여") == true
            }, "\(met)")
        var list = ListRequest()
        list.filter = "source_record = \"\(source)\""
        let runs = try await stage.call(PlayLauncherAPI.listFlowRuns, list, as: try person("admin")).flowRuns
        #expect(runs.map(\.state) == ["started"])
        // Reopened, it can begin.
        stage.owner.end(source, "in_progress")
        #expect(try await stage.call(PlayLauncherAPI.launchPlay, launch, as: caller).state == "in_progress")
    }

    /// Plays are the provider's: no customer reads or starts one, with one account or with two (G-126).
    @Test func customersHaveNoPlays() async throws {
        let stage = try await Stage.shared.value
        let memberships = try ["/provider/d1/", "/provider/d2/"].map {
            Membership(account: uuid(), domain: try #require(DomainPath($0)), contact: uuid())
        }
        let roles = RoleCatalog.close(["sn_acct_lc.ale_success_customer"])
        for accounts in [memberships, [memberships[0]]] {
            let caller = try #require(Caller(subject: uuid(), roles: roles, memberships: accounts))
            var get = GetRequest()
            get.id = uuid()
            let met = [
                await stage.problem(PlayLauncherAPI.listFlowRuns, ListRequest(), as: caller),
                await stage.problem(PlayLauncherAPI.getFlowRun, get, as: caller),
                await stage.problem(PlayLauncherAPI.listDefinitionRecords, ListRequest(), as: caller),
                await stage.problem(PlayLauncherAPI.listAleChoices, ListRequest(), as: caller),
                await stage.problem(PlayLauncherAPI.listPlayCategories, ListPlayCategoriesRequest(), as: caller),
                await stage.problem(PlayLauncherAPI.describePlay, DescribePlayRequest(), as: caller),
                await stage.problem(PlayLauncherAPI.beginPlay, BeginPlayRequest(), as: caller),
            ]
            #expect(met.allSatisfy { $0?.code == .permissionDenied }, "\(met)")
        }
    }
}
