import CustomerSuccessService
import Platform

@main
struct Main {
    static func main() async {
        await ServiceCommand<CustomerSuccess>.start()
    }
}
