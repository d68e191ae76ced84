using BitcoinSock.Model;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The conformance kit as a consumer uses it from C#.</summary>
public class RingBackendTests
{
    [Fact]
    public void The_ring_keeps_the_laws() => Conformance.Verify(RingBackend.Backends.Ring());

    [Fact]
    public void One_law_with_one_seed_gives_a_report()
    {
        var options = new CheckOptions
        {
            Cases = 20,
            Seed = 7,
            Laws = ["ZeroOverRead", "21"],
        };
        Report report = Conformance.Check(RingBackend.Backends.Ring(), options);
        Assert.True(report.Passed);
        Assert.Equal(
            [
                ("5 ZeroOverRead", LawVerdict.Passed, 20, 7UL),
                ("21 BadHandle", LawVerdict.Skipped, 0, 7UL),
            ],
            report.Laws.Select(law => (law.Law, law.Verdict, law.Cases, law.Seed))
        );
        Assert.Equal("the backend does not promise Descriptor", report.Laws[1].Counterexample);

        options.Laws = ["NoSuchLaw"];
        Assert.Throws<ArgumentException>(() =>
            Conformance.Check(RingBackend.Backends.Ring(), options)
        );
    }
}
