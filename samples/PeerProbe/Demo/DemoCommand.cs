using System.CommandLine;
using System.Diagnostics;

namespace PeerProbe;

/// <summary>Five short scenes in one process, which show what the library is for.</summary>
internal sealed class DemoCommand : Command
{
    private readonly Option<int> _seed = new("--seed")
    {
        Description = "Replays the fragments of an earlier run; without it they are new.",
        HelpName = "NUMBER",
    };

    public DemoCommand()
        : base("demo", "Shows the library at work, on loopback only (the default).")
    {
        Add(_seed);
        SetAction(parsed =>
            Run(parsed.GetResult(_seed) is null ? Random.Shared.Next() : parsed.GetValue(_seed))
        );
    }

    private static int Run(int seed)
    {
        long start = Stopwatch.GetTimestamp();
        var story = new Story(Console.Out);
        Console.WriteLine(
            $"""
            Five scenes on loopback; every figure is measured as you read. The servers answer in
            random fragments of 1 to {Stutter.FragmentMax} bytes, with pauses; the seed is {seed}.
            """
        );
        story.Scene("SAM: read a line, hand the socket over", s => SamScene.Play(s, seed));
        story.Scene("Tor control: an answer of several lines", s => TorScene.Play(s, seed));
        story.Scene("Send 64 MiB through a small buffer", s => BulkScene.Play(s, seed));
        story.Scene("Interrupt a call that is blocked", InterruptScene.Play);
        story.Scene("A deadline in the middle of a line", DeadlineScene.Play);
        return (int)story.End(Stopwatch.GetElapsedTime(start));
    }
}
