import OnboardingService
import Platform

@main
struct Main {
    static func main() async {
        await ServiceCommand<Onboarding>.start()
    }
}
