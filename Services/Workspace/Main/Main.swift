import WorkspaceService

@main
struct Main {
    static func main() async {
        await WorkspaceCommand.start()
    }
}
