import PlayLauncherService
import Platform

@main
struct Main {
    static func main() async {
        await ServiceCommand<PlayLauncher>.start()
    }
}
