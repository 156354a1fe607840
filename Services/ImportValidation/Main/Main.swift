import ImportValidationService
import Platform

@main
struct Main {
    static func main() async {
        await ServiceCommand<ImportValidation>.start()
    }
}
