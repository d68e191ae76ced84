using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// A command that asks a peer for facts. The command line, Ctrl+C, printing and the exit code are
/// here; a peer's own file has only its protocol.
/// </summary>
internal abstract class ProbeCommand : Command
{
    private const double TimeoutMax = 24 * 60 * 60;

    private readonly Option<double> _timeout = new("--timeout")
    {
        Description = "The deadline, for all of it together.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 10,
        CustomParser = ParseTimeout,
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print one JSON object, also if it fails: what was found, and the failure.",
    };

    private readonly Option<bool> _trace = new("--trace")
    {
        Description = "Tell of every call on stderr: when, how many bytes, how it ended.",
    };

    protected ProbeCommand(string name, string description, string addressName = "HOST:PORT")
        : base(name, description)
    {
        Address = new Argument<HostPort>(addressName)
        {
            Description = $"Where it listens, as {HostPort.Shape}.",
            CustomParser = ParseAddress,
        };
        Add(Address);
        Add(_timeout);
        Add(_json);
        Add(_trace);
        SetAction(Run);
    }

    /// <summary>What the peer is, at the head of its facts.</summary>
    protected abstract string Title { get; }

    protected Argument<HostPort> Address { get; }

    /// <summary>Connects and asks.</summary>
    /// <param name="given">The command line.</param>
    /// <param name="errand">Deadline, interrupt and trace.</param>
    /// <param name="found">Where each fact goes as soon as it is known.</param>
    /// <exception cref="ProbeFailure">It ended early.</exception>
    protected abstract void Ask(ParseResult given, Errand errand, JsonObject found);

    /// <summary>For whoever has an address beside the first.</summary>
    protected static HostPort? ParseAddress(ArgumentResult given)
    {
        string text = given.Tokens[0].Value;
        if (!HostPort.TryParse(text, out HostPort? address))
        {
            given.AddError($"'{text}' is not {HostPort.Shape}.");
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

    private int Run(ParseResult given)
    {
        var interrupt = new ThreadInterrupt();
        long raised = 0;
        using var ctrlC = PosixSignalRegistration.Create(
            PosixSignal.SIGINT,
            signal =>
            {
                if (!interrupt.AsBool())
                {
                    raised = Stopwatch.GetTimestamp();
                    interrupt.Interrupt();
                }

                // A later one ends the program, whatever it is at. timeout(1) sends two at once.
                signal.Cancel = Stopwatch.GetElapsedTime(raised) < TimeSpan.FromSeconds(1);
            }
        );
        TextWriter output = given.InvocationConfiguration.Output;
        TextWriter errors = given.InvocationConfiguration.Error;
        var errand = new Errand(
            TimeSpan.FromSeconds(given.GetValue(_timeout)),
            interrupt,
            given.GetValue(_trace) ? errors : TextWriter.Null
        );
        var found = new JsonObject();
        ProbeFailure? failure = null;
        try
        {
            Ask(given, errand, found);
        }
        catch (ProbeFailure ended)
        {
            failure = ended;
        }

        HostPort address = given.GetRequiredValue(Address);
        var report = new Report(Name, Title, address, found, failure, errand.Elapsed);
        if (given.GetValue(_json))
        {
            report.WriteJson(output);
        }
        else
        {
            report.WriteText(output, errors);
        }

        return (int)report.ExitCode;
    }
}
