import NotifierService
import Platform

@main
struct Main {
    static func main() async {
        await ServiceCommand<Notifier>.start()
    }
}
