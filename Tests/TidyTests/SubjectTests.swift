import Testing

/// docs/subjects.md is generated from the protos: it lists every subject, and no other.
@Suite struct SubjectTests {
    /// Words that read as the subject of a request: `ale.v1.` and three tokens, none a placeholder, none an event's.
    static func subjects(in text: String) -> Set<String> {
        let words = text.split { !($0.isLetter || $0.isNumber || "._-*<>$".contains($0)) }
        return Set(
            words.map { String($0.hasSuffix(".") ? $0.dropLast() : $0) }.filter { word in
                let tokens = word.split(separator: ".", omittingEmptySubsequences: false)
                return tokens.count == 5 && tokens[0] == "ale" && tokens[1] == "v1" && tokens[2] != "events"
                    && !word.contains { "*<>$".contains($0) }
            })
    }

    private static let page = Repository.text("docs/subjects.md")

    @Test(.enabled(if: page != nil, "docs/subjects.md is not there yet"))
    func thePageListsEverySubject() {
        let listed = Self.subjects(in: Self.page ?? "")
        let declared = Set(ProtoMethod.all.map(\.subject))
        #expect(declared.subtracting(listed).sorted() == [], "declared in proto/, not listed in docs/subjects.md")
        #expect(listed.subtracting(declared).sorted() == [], "listed in docs/subjects.md, declared nowhere")
    }

    @Test(.enabled(if: !ProtoMethod.all.isEmpty, "there are no protos yet"))
    func aSubjectIsFiveTokensAndUsedOnce() {
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789_-")
        let odd = ProtoMethod.all.filter { method in
            let tokens = method.subject.split(separator: ".", omittingEmptySubsequences: false)
            return tokens.count != 5 || !tokens.allSatisfy { !$0.isEmpty && $0.allSatisfy(allowed.contains) }
        }
        #expect(odd.isEmpty)
        let twice = Dictionary(grouping: ProtoMethod.all, by: \.subject).filter { $0.value.count > 1 }.keys.sorted()
        #expect(twice.isEmpty)
    }

    /// Every rpc has a subject, or the generator could not name it.
    @Test func everyRpcHasASubject() {
        for file in Repository.completeProtos where file.path.hasSuffix("_service.proto") {
            let rpcs = file.lines.filter { $0.drop { $0 == " " }.hasPrefix("rpc ") }.count
            #expect(rpcs == ProtoMethod.methods(in: file).count, "\(file.path)")
        }
    }

    /// Subjects that the pages and READMEs name for people to copy exist.
    @Test(.enabled(if: !ProtoMethod.all.isEmpty, "there are no protos yet"))
    func whatThePagesNameExists() {
        let declared = Set(ProtoMethod.all.map(\.subject))
        let findings = Repository.files.filter { $0.path.hasSuffix(".md") }.flatMap { file in
            Self.subjects(in: file.text).subtracting(declared).sorted()
                .map { Finding(file.path, "names \($0), which does not exist") }
        }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() {
        let text =
            "`ale.v1.notifier.mails.get`, ale.v1.<service>.<records>.<verb> ale.v1.events.a.b | ale.v1.a-b.c_d.e. "
        #expect(Self.subjects(in: text) == ["ale.v1.notifier.mails.get", "ale.v1.a-b.c_d.e"])
        let proto = """
            package ale.play_launcher.v1;
            // rpc NotThis(A) returns (B);
              rpc GetRun(A) returns (B) {
                option (ale.options.v1.method) = {subject: "runs.get"};
              }
            """
        let methods = ProtoMethod.methods(in: SourceFile(path: "a_service.proto", text: proto))
        #expect(methods.map(\.subject) == ["ale.v1.play-launcher.runs.get"])
        #expect(methods.map(\.constant) == ["getRun"])
    }
}
