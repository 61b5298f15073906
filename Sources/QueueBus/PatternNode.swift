/// A regular expression, taken apart.
indirect enum PatternNode {
    case set(Pattern.Set)
    case at(Pattern.Place)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repeated(PatternNode, least: Int, most: Int?)
    case look(PatternNode, isWanted: Bool)

    /// - Throws: Where there are too many steps.
    func append(to steps: inout [Pattern.Step]) throws(InvalidPattern) {
        switch self {
        case .set(let set): steps.append(.scalar(set))
        case .at(let place): steps.append(.at(place))
        case .sequence(let nodes): for node in nodes { try node.append(to: &steps) }
        case .choice(let nodes): try choose(nodes[...], &steps)
        case .repeated(let node, let least, let most):
            for _ in 0..<least {
                let before = steps.count
                try node.append(to: &steps)
                // Nothing, however often, is nothing.
                guard steps.count > before else { return }
            }
            guard let most else { return try loop(node, &steps) }
            var skips: [Int] = []
            for _ in least..<max(most, least) {
                skips.append(steps.count)
                steps.append(.end)
                try node.append(to: &steps)
            }
            for skip in skips { steps[skip] = .split(skip + 1, steps.count) }
        case .look(let node, let isWanted):
            let place = steps.count
            steps.append(.end)
            try node.append(to: &steps)
            steps.append(.end)
            steps[place] = .look(isWanted: isWanted, next: steps.count)
        }
        guard steps.count <= Pattern.longest else {
            throw InvalidPattern(description: "the expression has more than \(Pattern.longest) steps, spelled out")
        }
    }

    private func choose(_ nodes: ArraySlice<PatternNode>, _ steps: inout [Pattern.Step]) throws(InvalidPattern) {
        var jumps: [Int] = []
        for (number, node) in nodes.enumerated() {
            let split = steps.count
            let isLast = number == nodes.count - 1
            if !isLast { steps.append(.end) }
            try node.append(to: &steps)
            guard !isLast else { break }
            jumps.append(steps.count)
            steps.append(.end)
            steps[split] = .split(split + 1, steps.count)
        }
        for jump in jumps { steps[jump] = .jump(steps.count) }
    }

    private func loop(_ node: PatternNode, _ steps: inout [Pattern.Step]) throws(InvalidPattern) {
        let split = steps.count
        steps.append(.end)
        try node.append(to: &steps)
        steps.append(.jump(split))
        steps[split] = .split(split + 1, steps.count)
    }
}
