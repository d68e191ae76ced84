using System.Globalization;
using System.Reflection;
using Xunit;
using Xunit.v3;

namespace BitcoinSock.Unit;

/// <summary>
/// FsCheck's property, of so many random cases, times BITCOINSOCK_CASES. BITCOINSOCK_SEED replays a
/// run; in FsCheck's own form, "(seed,gamma,size)", only the step that failed.
/// </summary>
#pragma warning disable xUnit3003 // FsCheck's attribute takes no place in the sources to pass on
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PropertyAttribute
#pragma warning restore xUnit3003
    : FsCheck.Xunit.PropertyAttribute, IBeforeAfterTestAttribute
{
    // As in BitcoinSock.Properties.FSharp, where a seed is one number; FsCheck wants an odd second.
    private static readonly string Seed = Variable("BITCOINSOCK_SEED", "20260101");
    private static readonly string Factor = Variable("BITCOINSOCK_CASES", "1");

    public PropertyAttribute(int cases = 200)
    {
        MaxTest = cases * int.Parse(Factor, CultureInfo.InvariantCulture);
        Replay = Seed.Contains(',') ? Seed : $"{Seed},1";
        Arbitrary = [typeof(Generators)];
        QuietOnSuccess = true;
    }

    public void Before(MethodInfo methodUnderTest, IXunitTest test) { }

    public void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            // More cases are larger ones too.
            string cases = Factor == "1" ? "" : $" BITCOINSOCK_CASES={Factor}";
            TestContext.Current.TestOutputHelper!.WriteLine(
                $"To replay: BITCOINSOCK_SEED=\"{Seed}\"{cases}"
            );
        }
    }

    private static string Variable(string name, string standard) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : standard;
}
