using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace PeerProbe;

/// <summary>How the program ends, for scripts.</summary>
internal enum ExitCode
{
    Ok = 0,
    CheckFailed = 1,
    Usage = 2,
    NoConnection = 3,
    Timeout = 4,
    Closed = 5,
    WrongProtocol = 6,
    TooLong = 7,
    Refused = 8,
    Interrupted = 130,
}

/// <summary>The usual help, and the exit codes below it.</summary>
internal sealed class HelpWithExitCodes(HelpAction usual) : SynchronousCommandLineAction
{
    private const string ExitCodes = """
        Exit codes:
          0    all went well
          1    a check of the demo failed, or this program did
          2    the command line is wrong
          3    no connection: refused, no such name, no route
          4    the time was up; what had come until then is shown
          5    the peer closed or broke the connection before its answer was complete
          6    the peer is not what was asked for (another protocol or network, damaged
               messages, this program itself); its first bytes are shown
          7    the answer is longer than such a peer may send
          8    the peer refuses, in the words of its protocol
          130  interrupted by Ctrl+C

        """;

    public override int Invoke(ParseResult parseResult)
    {
        int result = usual.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(ExitCodes);
        return result;
    }
}
