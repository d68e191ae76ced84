using BitcoinSock.Model;
using RingBackend;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The kit as a consumer uses it from C#: the examples of docs/laws.md.</summary>
public class ConsumerTests
{
    [Fact]
    public void A_ring_keeps_the_laws()
    {
        static BackendPair Pair()
        {
            (RingSock near, RingSock far) = RingSock.CreatePair(64 * 1024);
            return new BackendPair(near, new RingPeer(far));
        }

        Capabilities promised = Capabilities.HalfClose | Capabilities.BoundedSend;
        Conformance.Verify(new Backend("ring", Pair, promised));
    }

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

    [Fact]
    public void A_greeting_survives_a_trickle_and_a_signal()
    {
        (Sock first, Sock second) = Sock.CreatePair();
        using Sock near = first,
            far = second;
        far.SendComplete("HELLO REPLY RESULT=OK\n<data>", TimeSpan.FromSeconds(1));
        var schedule = Schedule.Of(Fault.NewShortPeek(1), Fault.Interrupted, Fault.SpuriousWake);
        var sock = new FaultySock(near, schedule);

        Assert.Equal("HELLO REPLY RESULT=OK", MyProtocol.Greeting(sock, sock.Interrupt));
        Assert.Empty(sock.Finish()); // every fault happened, and the socket below kept its promises
    }

    private static class MyProtocol
    {
        public static string Greeting(ISock sock, CancellationToken interrupt) =>
            sock.RecvUntilTerminator((byte)'\n', TimeSpan.FromSeconds(1), interrupt, maxData: 100);
    }
}
