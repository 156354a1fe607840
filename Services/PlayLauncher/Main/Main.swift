import Platform
import PlayLauncherService

@main
struct Main {
    static func main() async {
        await ServiceCommand<PlayLauncher>.start()
    }
}
