using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace BitcoinSock.Field.Faults;

/// <summary>
/// PeerProbe, asking a SAM bridge that answers in pieces. The rule is the one for operations, in
/// the words of that program: exit status 0 and the version, or that of a connection that could not
/// be made or that broke, with the code's text.
/// </summary>
internal sealed record Sample(string Program, string Call, string[] Whens)
    : Subject("PeerProbe sam", Call, Whens)
{
    private const int NoConnection = 3;
    private const int Broke = 5;

    // Of the first answer: more waits than the last one to be failed, in case the program is slow.
    private const int Piece = 9;

    private static readonly (string Question, string Answer)[] Exchanges =
    [
        ("HELLO VERSION MIN=3.1 MAX=3.1\n", "HELLO REPLY RESULT=OK VERSION=3.1\n"),
        ("DEST GENERATE SIGNATURE_TYPE=7\n", "DEST REPLY PUB=AAAA PRIV=AAAAAAAA\n"),
        ("NAMING LOOKUP NAME=ME\n", "NAMING REPLY RESULT=OK VALUE=AAAA\n"),
    ];

    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(100);

    public static Sample[] Of(string program) =>
        [
            new(program, "connect", ["1", "2"]),
            new(program, "sendto", ["1"]),
            new(program, "recvfrom", ["1", "2", "3", "4", "1+3"]),
            new(program, "poll", ["1", "2", "3", "2+2"]),
            new(program, "select", ["1", "2", "3", "2+2"]),
        ];

    public override Seen Run(Injection injection)
    {
        using Sock listener = Sock.Create(AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ThrowIfError("bind");
        listener.Listen(1).ThrowIfError("listen");
        listener.GetSockName(out EndPoint? endPoint).ThrowIfError("getsockname");
        var stop = new ThreadInterrupt();
        string heard = "";
        var bridge = new Thread(() => heard = Serve(listener, stop));
        bridge.Start();
        string log = Path.GetTempFileName();
        try
        {
            // Without -f: the main thread alone, which is the one that talks.
            string mechanism = Call == "select" ? "select" : "poll";
            string[] told = ["-qq", "-o", log, "-E", $"BITCOINSOCK_WAIT={mechanism}"];
            using Process tracer = Traced.Start([
                .. told,
                .. injection.Arguments,
                Program,
                "sam",
                $"{endPoint}",
            ]);
            Task<string> complaint = tracer.StandardError.ReadToEndAsync();
            string said = tracer.StandardOutput.ReadToEnd() + complaint.GetAwaiter().GetResult();
            tracer.WaitForExit();
            stop.Interrupt();
            bridge.Join();
            string? wrong = Judge(injection, tracer.ExitCode, said, heard);
            string outcome = $"exit status {tracer.ExitCode}";
            return new Seen(outcome, wrong, TracedCalls.Read(log).Injected);
        }
        finally
        {
            File.Delete(log);
        }
    }

    private static string? Judge(Injection injection, int status, string said, string heard)
    {
        bool isOver = !injection.Errno.IsTriedAgain;
        // The first wait of all is for the connection; by select(2) it looks by poll(2) first, and
        // finds that.
        bool isConnecting = injection is { Call: "poll", First: 1 };
        bool isMute = isOver && (injection.Call is "connect" or "sendto" || isConnecting);
        int expected = isOver
            ? (injection.Call == "connect" || isConnecting ? NoConnection : Broke)
            : 0;
        // What is over ends before a second question.
        IEnumerable<string> asked = Exchanges.Select(exchange => exchange.Question);
        string question = string.Concat(
            isMute ? []
            : isOver ? asked.Take(1)
            : asked
        );
        string words = isOver ? $"({injection.Errno.Code})" : "lookup of me            OK";
        return status != expected ? $"exit status {status}: {said}"
            : !said.Contains(words, StringComparison.Ordinal) ? $"'{words}' is not in: {said}"
            : heard != question ? $"the peer heard '{heard}'"
            : null;
    }

    // What came from the one client.
    private static string Serve(Sock listener, ThreadInterrupt stop)
    {
        var heard = new StringBuilder();
        if (listener.Wait(Deadline, SockEvents.Recv, out _, stop).Count <= 0)
        {
            return "";
        }

        listener.Accept(out Sock client).ThrowIfError("accept");
        using (client)
        {
            foreach ((string question, string answer) in Exchanges)
            {
                byte[] line = new byte[question.Length];
                SockOutcome came = client.TryRecvComplete(line, Deadline);
                heard.Append(Encoding.ASCII.GetString(line, 0, came.Count));
                int piece = heard.Length == question.Length ? Piece : answer.Length;
                foreach (char[] part in answer.Chunk(piece).TakeWhile(_ => came.IsOk))
                {
                    Thread.Sleep(Brief);
                    client.Send(Encoding.ASCII.GetBytes(part), SockFlags.NoSignal);
                }
            }
        }

        return heard.ToString();
    }
}
