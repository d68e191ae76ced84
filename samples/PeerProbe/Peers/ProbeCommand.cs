using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Runtime.InteropServices;
using BitcoinSock;

namespace PeerProbe;

/// <summary>What a peer told about itself.</summary>
internal sealed record Fact(string Name, string Value);

/// <summary>
/// A command that asks one peer for facts. The command line, Ctrl+C, printing and the exit code are
/// here; a peer's own file has only its protocol.
/// </summary>
internal abstract class ProbeCommand : Command
{
    private const double TimeoutMax = 24 * 60 * 60;

    private readonly string _advice;
    private readonly Argument<HostPort> _address = new("HOST:PORT")
    {
        Description = $"Where it listens, as {HostPort.Shape}.",
        CustomParser = ParseAddress,
    };

    private readonly Option<double> _timeout = new("--timeout")
    {
        Description = "The deadline, for all of it together.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 10,
        CustomParser = ParseTimeout,
    };

    protected ProbeCommand(string name, string description, string advice)
        : base(name, description)
    {
        _advice = advice;
        Add(_address);
        Add(_timeout);
        SetAction(Run);
    }

    /// <summary>What the peer is, at the head of its facts.</summary>
    protected abstract string Title { get; }

    /// <summary>Asks.</summary>
    protected abstract IReadOnlyList<Fact> Ask(Conversation peer);

    private static HostPort? ParseAddress(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        if (!HostPort.TryParse(text, out HostPort? address))
        {
            argument.AddError($"'{text}' is not {HostPort.Shape}.");
        }

        return address;
    }

    private static double ParseTimeout(ArgumentResult option)
    {
        string text = option.Tokens[0].Value;
        if (!double.TryParse(text, out double seconds) || seconds is not (> 0 and <= TimeoutMax))
        {
            option.AddError($"--timeout is more than 0 and at most {TimeoutMax} seconds.");
        }

        return seconds;
    }

    private int Run(ParseResult parsed)
    {
        var interrupt = new ThreadInterrupt();
        using var ctrlC = PosixSignalRegistration.Create(
            PosixSignal.SIGINT,
            signal =>
            {
                // The second one ends the program, whatever it is at.
                signal.Cancel = !interrupt.AsBool();
                interrupt.Interrupt();
            }
        );
        HostPort address = parsed.GetRequiredValue(_address);
        var timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout));
        try
        {
            long start = Stopwatch.GetTimestamp();
            using var peer = new Conversation(address, timeout, interrupt, _advice);
            IReadOnlyList<Fact> facts = Ask(peer);
            double tookMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Print(address, [.. facts, new Fact("answered in", $"{tookMs:0.0} ms")]);
            return (int)ExitCode.Ok;
        }
        catch (ProbeFailure failure)
        {
            failure.Print(Console.Error);
            return (int)failure.Code;
        }
    }

    private void Print(HostPort address, IReadOnlyList<Fact> facts)
    {
        Console.WriteLine($"{Title} at {address}");
        int width = facts.Max(fact => fact.Name.Length);
        foreach (Fact fact in facts)
        {
            Console.WriteLine($"  {fact.Name.PadRight(width)}  {Printable.Text(fact.Value)}");
        }
    }
}
